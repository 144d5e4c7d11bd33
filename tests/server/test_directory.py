"""A process's copy of the store: it hears of changes, finds them without being told, and refuses when it is too old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.acts.access_keys import disable, enable, revoke
from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.server.directory import Directory
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import SEALER, act_on, keep_pair
from tests.postgres import Postgres

NEVER_MS = 3_600_000
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


class Said:
    """A log that remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **_facts: self.events.append(event)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    opened.put_consumer(Consumer("acme"))
    opened.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    keep_pair(opened, SEALER, Credential.of("k1", "s3cr3t"), "shop")
    yield opened
    opened.close()


@pytest.fixture
def said() -> Said:
    return Said()


def directory_of(store: SqlStore, said: Any, **more: Any) -> Directory:
    given = {"monotonic_ns": time.monotonic_ns, "max_staleness_ms": NEVER_MS, "max_cached_keys": 10, **more}
    return Directory(store, SEALER, said, **given)


def is_usable(directory: Directory) -> bool:
    scheme = directory.current().by_name["shop"].accepted[0]
    key = scheme.find_cached(b"k1") or scheme.find_key(b"k1")
    assert key is not None
    return key.usable_until_ms > 0


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not look():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def fresh(directory: Directory, interval_ms: int) -> AsyncIterator[None]:
    task = asyncio.create_task(directory.keep_fresh(interval_ms))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def listeners(postgres: Postgres) -> list[object]:
    found = postgres.run("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    return [pid for (pid,) in found]


@on_postgresql
def test_a_change_is_heard_of(store: SqlStore, said: Said, postgres: Postgres) -> None:
    """A process that hardly ever looks by itself is told; also after the connection on which it is told was cut."""
    directory = directory_of(store, said)

    async def run() -> None:
        async with fresh(directory, NEVER_MS):
            await until(lambda: len(listeners(postgres)) == 1)
            assert is_usable(directory)
            await asyncio.to_thread(disable, act_on(store), "k1")
            await until(lambda: not is_usable(directory))
            (before,) = listeners(postgres)
            postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            await asyncio.to_thread(enable, act_on(store), "k1")
            await until(lambda: listeners(postgres) not in ([], [before]))
            await until(lambda: is_usable(directory))

    asyncio.run(run())
    assert said.events == ["store_not_heard"]
    assert listeners(postgres) == []


def test_a_change_is_found_by_looking(store: SqlStore, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is heard: not at all in a file, and not if every message is lost."""
    monkeypatch.setattr(store, "open_feed", lambda: None)
    directory = directory_of(store, said)

    async def run() -> None:
        async with fresh(directory, 20):
            assert is_usable(directory)
            await asyncio.to_thread(revoke, act_on(store), "k1")
            await until(lambda: not is_usable(directory))

    asyncio.run(run())
    assert said.events == []


@on_postgresql
def test_the_server_goes_and_comes_back(store: SqlStore, said: Said, postgres: Postgres) -> None:
    """Nobody is let in by what is too old; the same process knows what is so when the server is there again."""
    directory = directory_of(store, said, max_staleness_ms=300)

    def is_trusted() -> bool:
        with suppress(StoreUnavailableError):
            directory.current()
            return True
        return False

    async def run() -> None:
        async with fresh(directory, 20):
            assert is_usable(directory)
            await asyncio.to_thread(postgres.stop)
            await until(lambda: not is_trusted())
            await asyncio.to_thread(postgres.start)
            await asyncio.to_thread(revoke, act_on(store), "k1")
            await until(lambda: is_trusted() and not is_usable(directory))

    asyncio.run(run())
    assert "store_refresh_failed" in said.events
