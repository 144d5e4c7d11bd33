from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The test process's own PostgreSQL server, started when the first test needs it."""
    with running() as server:
        yield server
