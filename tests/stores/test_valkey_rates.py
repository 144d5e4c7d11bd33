"""Rates in Valkey: the window of one process, counted over all nodes; and what becomes of it with the server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.limits import MemoryRates, RateLimit
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.valkey.shards import digest_of
from tests.stores.nodes import Node, nodes, now_ms, until
from tests.stores.rates import LIMITS, NOW_MS, STEPS, Steps, same_as_alone
from tests.valkey import Valkey, running

DAY_MS = 86_400_000
A_MINUTE = RateLimit(5, 60_000)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{tmp_path / 'keys.db'}")
    yield store
    store.close()


class Waited:
    """The rates of a node that runs in another thread: whoever asks waits for the answer."""

    def __init__(self, node: Node, loop: asyncio.AbstractEventLoop) -> None:
        self.node = node
        self._loop = loop

    def hit(self, key: str, limit: RateLimit, at_ms: int) -> int:
        async def ask() -> int:
            return await self.node.rates.hit(key, limit, at_ms)

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result()

    def give_back(self, key: str, limit: RateLimit, at_ms: int) -> None:
        async def give() -> None:
            self.node.rates.give_back(key, limit, at_ms)

        asyncio.run_coroutine_threadsafe(give(), self._loop).result()

    def check(self) -> None:
        self.node.rates.check()


@pytest.fixture(scope="module")
def waited(valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waited]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('rates') / 'keys.db'}")
    ready: Future[Waited] = Future()

    async def live() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        async with nodes(valkey.url, store=store, patience_ms=2_000, distance_ms=300) as (node,):
            ended.append(lambda: loop.call_soon_threadsafe(end.set))
            ready.set_result(Waited(node, loop))
            await end.wait()

    ended: list[Callable[[], object]] = []
    with ThreadPoolExecutor(1) as thread:
        living = thread.submit(asyncio.run, live())
        wait([ready, living], return_when=FIRST_COMPLETED)
        if not ready.done():
            living.result()  # it failed, and says why
        yield ready.result()
        ended[0]()
        living.result()
    store.close()


def a_key() -> str:
    return secrets.token_hex(8)


async def hits(node: Node, key: str, times: int, limit: RateLimit = A_MINUTE, at_ms: int = NOW_MS) -> list[bool]:
    """Which of so many hits at once had room."""
    return [wait == 0 for wait in await asyncio.gather(*(node.rates.hit(key, limit, at_ms) for _ in range(times)))]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(LIMITS, STEPS)
def test_it_is_the_window_of_one_process(waited: Waited, limit: RateLimit, steps: Steps) -> None:
    """Decision for decision, and wait for wait."""
    same_as_alone(waited, a_key(), limit, steps)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, DAY_MS - 1))
def test_large_numbers_are_exact(
    valkey: Valkey, waited: Waited, before: int, count: int, amount: int, past_ms: int
) -> None:
    """Their products are beyond what the server's numbers can tell apart."""
    limit, key, at_ms = RateLimit(amount, DAY_MS), a_key(), NOW_MS // DAY_MS * DAY_MS + past_ms
    alone = MemoryRates(1)
    alone.hit(key, limit, at_ms)
    window = alone._windows._windows[key]
    window.before, window.count = before, count
    digest = digest_of(b"%d %b" % (DAY_MS, key.encode()))
    valkey.client.set(waited.node.shards[0].rate_key(digest), b"%d %d %d" % (window.number, count, before))
    assert waited.hit(key, limit, at_ms) == alone.hit(key, limit, at_ms)


def test_a_clock_that_is_set_back(waited: Waited) -> None:
    """A little: nothing is won by it. By much: the window starts anew, and does not wait until the old time."""
    key = a_key()
    while not waited.hit(key, A_MINUTE, NOW_MS):
        pass
    assert waited.hit(key, A_MINUTE, NOW_MS - 1_000) > 0
    assert waited.hit(key, A_MINUTE, NOW_MS - DAY_MS) == 0


def test_nodes_whose_clocks_differ(waited: Waited) -> None:
    """By less than they may, but by more than a period: the one behind counts in the period of the other."""
    key, limit = a_key(), RateLimit(3, 100)
    turns = [waited.hit(key, limit, NOW_MS - behind_ms) for _ in range(10) for behind_ms in (0, 199)]
    assert turns.count(0) == 3


def test_a_limit_that_was_changed_starts_anew(waited: Waited) -> None:
    key = a_key()
    while not waited.hit(key, A_MINUTE, NOW_MS):
        pass
    assert waited.hit(key, RateLimit(5, 1_000), NOW_MS) == 0


def test_what_is_given_back_in_the_next_period(waited: Waited) -> None:
    """It is taken from the period in which it was counted."""
    key, limit = a_key(), RateLimit(2, 60_000)
    assert [waited.hit(key, limit, NOW_MS) for _ in range(2)] == [0, 0]
    assert waited.hit(key, limit, NOW_MS + 60_000) > 0
    waited.give_back(key, limit, NOW_MS)
    assert waited.hit(key, limit, NOW_MS + 60_000) == 0


def test_of_many_nodes_as_many_get_in_as_the_limit_says(valkey: Valkey, register: SqlStore) -> None:
    """Exactly, however the requests come; and a thousand of them cost the server some tens of scripts."""

    async def scene() -> None:
        async with nodes(*[valkey.url] * 3, store=register) as three:
            before = valkey.client.info("commandstats")["cmdstat_eval"]["calls"]
            key, limit = a_key(), RateLimit(500, 60_000)
            got = await asyncio.gather(*(hits(node, key, 400, limit) for node in three))
            assert sum(map(sum, got)) == 500
            assert valkey.client.info("commandstats")["cmdstat_eval"]["calls"] - before < 60

    asyncio.run(scene())


@pytest.mark.parametrize("misfortune", ["flushed", "killed", "says nothing"])
def test_a_server_that_cannot_tell(misfortune: str, register: SqlStore) -> None:
    """Every hit is refused, never let in uncounted; afterwards counting goes on, anew where the counts were lost."""

    async def scene(own: Valkey) -> None:
        async with nodes(own.url, own.url, store=register) as both:
            key = a_key()
            assert await hits(both[0], key, 5) == [True] * 5
            if misfortune == "flushed":
                own.ask("FLUSHALL")
            elif misfortune == "killed":
                own.kill()
            else:
                own.pause()
            for node in both:
                for answer in await asyncio.gather(*(cannot_tell(node, key) for _ in range(5))):
                    assert answer
            if misfortune == "killed":
                own.start()
            own.resume()
            for node in both:
                await until(partial(can_tell, node), node.problem)
            left = 0 if misfortune == "says nothing" else 5
            got = [had_room for node in both for had_room in await hits(node, key, 10)]
            assert got.count(True) == left

    with running() as own:
        asyncio.run(scene(own))


async def can_tell(node: Node) -> bool:
    return not await cannot_tell(node, a_key())


async def cannot_tell(node: Node, key: str) -> bool:
    try:
        await node.rates.hit(key, A_MINUTE, NOW_MS)
    except StoreUnavailableError:
        node.rates.give_back(key, A_MINUTE, NOW_MS)  # raises nothing
        return True
    return False


def test_a_clock_that_is_wrong(valkey: Valkey, register: SqlStore) -> None:
    """A node that is too far from the others cannot count with them."""

    async def scene() -> None:
        async with nodes(valkey.url, store=register) as (node,):
            node.clock_ms = 5_000
            assert await cannot_tell(node, a_key())
            await until(lambda: "clock is" in node.problem())
            with pytest.raises(StoreUnavailableError, match="clock is"):
                node.rates.check()

    asyncio.run(scene())


def test_windows_are_forgotten_when_they_have_faded(valkey: Valkey, waited: Waited) -> None:
    before = set(valkey.client.scan_iter())
    assert waited.hit(a_key(), RateLimit(1, 1_000), now_ms()) == 0
    (key,) = set(valkey.client.scan_iter()) - before
    assert 1_000 < valkey.client.pttl(key) <= 2_600
