"""Valkey over TLS; the server is Redis 7, for Valkey as it comes from PyPI does not speak TLS."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.limits import RateLimit
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.valkey.opening import check_valkey
from tests.server.service import until
from tests.stores.nodes import MADE, SEEN, fresh, nodes, now_ms
from tests.stores.nodes import until as wait_until
from tests.valkey import Valkey, redis_server, running, sentinel_of


@pytest.fixture
def register(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'keys.db'}")
    yield store
    store.close()


@pytest.fixture(scope="module")
def single(certificate: Path) -> Iterator[Valkey]:
    with running(program=redis_server(), certificate=certificate) as server:
        yield server


@pytest.fixture(scope="module")
def whole_cluster(certificate: Path) -> Iterator[Valkey]:
    """A cluster of one."""
    with running("--cluster-enabled", "yes", program=redis_server(), certificate=certificate) as server:
        with pytest.raises(StoreUnavailableError):  # it has no slots yet
            check(f"valkeys+cluster://127.0.0.1:{server.port}?ca_file={certificate}&cert_file={certificate}")
        server.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        until(lambda: server.ask("CLUSTER INFO")["cluster_state"] == "ok", "the cluster to be whole")
        yield server


@pytest.fixture
def place(request: pytest.FixtureRequest, single: Valkey, certificate: Path, tmp_path: Path) -> Iterator[str]:
    """Where the server is, as a URL without its parameters."""
    if request.param == "one server":
        yield f"valkeys://127.0.0.1:{single.port}"
    elif request.param == "a cluster":
        yield f"rediss+cluster://127.0.0.1:{request.getfixturevalue('whole_cluster').port}"
    else:
        with sentinel_of(tmp_path, single, redis_server(), certificate) as sentinel:
            yield f"valkeys+sentinel://127.0.0.1:{sentinel.port}/main"


def check(url: str) -> None:
    asyncio.run(check_valkey(url, now_ms, 2.0))


@pytest.mark.parametrize("place", ["one server", "Sentinels", "a cluster"], indirect=True)
def test_claims_and_rates(place: str, certificate: Path, register: SqlStore) -> None:
    """The server asks for the client's certificate too."""
    url = f"{place}?ca_file={certificate}&cert_file={certificate}&key_file={certificate}"
    check(url)

    async def scene() -> None:
        async with nodes(url, url, store=register) as (one, other):
            claim, limit = fresh(), RateLimit(1, 60_000)
            assert [await node.claim(claim) for node in (one, other)] == [MADE, SEEN]
            assert [await node.rates.hit("key", limit, now_ms()) == 0 for node in (one, other)] == [True, False]

    asyncio.run(scene())


@pytest.mark.parametrize("parameters", ["", "?ca_file={}"], ids=["of a stranger", "of another host"])
def test_a_certificate_that_is_not_trusted(parameters: str, single: Valkey, certificate: Path) -> None:
    """Nobody is asked whether that is meant."""
    host = "localhost" if parameters else "127.0.0.1"
    with pytest.raises(ConfigurationError, match="certificate") as caught:
        check(f"valkeys://:sesame@{host}:{single.port}{parameters.format(certificate)}")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("name", ["ca_file", "cert_file"])
def test_a_file_that_cannot_be_used(name: str, single: Valkey, tmp_path: Path) -> None:
    """One that is not there, and one that is something else."""
    path = tmp_path / "some.pem"
    for told in ("No such file", f"{path} cannot be used"):
        with pytest.raises(ConfigurationError, match=f"{name}.*{told}"):
            check(f"valkeys://127.0.0.1:{single.port}?{name}={path}")
        path.write_text("nothing that OpenSSL knows")


def test_never_in_clear(register: SqlStore) -> None:
    """A server that does not speak TLS is told nothing but the beginning of TLS."""
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65_536))
                connection.sendall(b"+OK\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen)
        thread.start()
        url = f"valkeys://:sesame@127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises((ConfigurationError, StoreUnavailableError)):
            check(url)

        async def scene() -> None:
            async with nodes(url, store=register, ready=False) as (node,):
                await wait_until(lambda: len(heard) > 2, node.problem)
                assert await node.claim(fresh()) is None

        asyncio.run(scene())
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert all(first.startswith(b"\x16\x03") and b"sesame" not in first for first in heard)


def test_a_server_that_speaks_tls_is_not_asked_in_clear(single: Valkey) -> None:
    """It does not answer, and nothing else is tried."""
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        check(f"valkey://127.0.0.1:{single.port}")
