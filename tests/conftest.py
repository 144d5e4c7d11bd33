from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sealstamp.stores.sql import open_store
from tests.certificates import write_certificate
from tests.postgres import Emptied, Postgres, running
from tests.valkey import Valkey
from tests.valkey import running as valkey_running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The test process's own PostgreSQL server, started when the first test needs it."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def _emptied(postgres: Postgres) -> Emptied:
    """A database that has this version's tables."""
    name = postgres.make_database()
    open_store(postgres.url(name)).close()
    return Emptied(postgres, name)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a certificate for 127.0.0.1 that signs itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    write_certificate(path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the SQLite database of a test is."""
    return tmp_path / "data" / "keys.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    """Of a store in each of the databases, without anything in it.

    A test that is about one of them asks for it: ``@pytest.mark.parametrize("url", ["sqlite"], indirect=True)``.
    """
    if request.param == "sqlite":
        return f"sqlite:///{path}"
    emptied: Emptied = request.getfixturevalue("_emptied")
    return emptied.url()


@pytest.fixture
def empty_url(url: str, request: pytest.FixtureRequest) -> str:
    """Of a database that no store was in yet."""
    if url.startswith("sqlite"):
        return url
    server: Postgres = request.getfixturevalue("postgres")
    return server.url(server.make_database())


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """The test process's own Valkey server, which a test leaves as it found it."""
    with valkey_running() as server:
        yield server
