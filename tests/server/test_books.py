"""How usage and quotas get from a process's memory into the store: in batches, once, and as much as is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.verifier import BoundKey, Principal
from sealstamp.errors import QuotaExceededError, StoreUnavailableError
from sealstamp.keys.addresses import client_address
from sealstamp.keys.domain import AccessKey, Api, Consumer, SchemeChoice
from sealstamp.keys.quotas import Period, Quota, span_of
from sealstamp.keys.usage import HOUR_MS, LastUse, Usage, UsageBy, UsageFilter
from sealstamp.server import usage as usage_module
from sealstamp.server.logs import make_log
from sealstamp.server.metrics import Metrics
from sealstamp.server.quotas import QuotaBook
from sealstamp.server.usage import UsageBook
from sealstamp.stores.host.counters import HostCounters
from sealstamp.stores.sql import SqlStore, open_store

NOON_MS = 1_800_014_400_000
QUOTA = Quota("key:one", Period.DAY, 200)
LOG = make_log("error")
METRICS = Metrics(HostCounters(None), 0)
ACCEPTED = "accepted"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path}/s.sqlite3")
    opened.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    opened.put_consumer(Consumer("acme"))
    for name in ("one", "two"):
        opened.add_access_key(AccessKey(name, b"sealed", "acme", ("shop",)))
    yield opened
    opened.close()


def bound(name: str) -> BoundKey:
    return BoundKey(Principal(name, "acme", "bbx"), lambda *_: True)


class Faulty:
    """The store behind a line that can be cut, before or after what was sent has arrived."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.is_cut = False
        self.is_answer_lost = False
        self.calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self.store, name)

        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.is_cut:
                raise StoreUnavailableError("cut")
            answer = act(*arguments)
            if self.is_answer_lost:
                raise StoreUnavailableError("lost")
            return answer

        return call


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


# usage


class Clock:
    def __init__(self) -> None:
        self.now_ms = NOON_MS

    def __call__(self) -> int:
        return self.now_ms


def book(ledger: Any, clock: Clock) -> UsageBook:
    return UsageBook(ledger, METRICS, LOG, clock, interval_ms=3_600_000, keep_ms=24 * HOUR_MS)


def counted(store: SqlStore, *by: UsageBy) -> list[tuple[object, ...]]:
    return [(*one.of, one.requests) for one in store.sum_usage(UsageFilter(), by)]


def test_what_was_counted_is_written_once(store: SqlStore) -> None:
    clock = Clock()
    usage, key, again = book(store, clock), bound("one"), bound("one")  # a new snapshot binds the key anew
    here, there = client_address("203.0.113.7"), client_address("203.0.113.8")

    async def count() -> None:
        assert usage.accepted(key, "shop", here, NOON_MS)
        assert not usage.accepted(key, "shop", here, NOON_MS + 1)
        assert usage.accepted(again, "shop", there, NOON_MS + 3)
        usage.refused("shop", "rate_limited", "one")
        usage.refused("shop", "signature_mismatch", None)
        await usage.write()
        await usage.write()

    run(count())
    assert counted(store, UsageBy.ACCESS_KEY, UsageBy.REASON) == [
        ("", "signature_mismatch", 1),
        ("one", ACCEPTED, 3),
        ("one", "rate_limited", 1),
    ]
    assert store.find_last_use("one") == LastUse("one", NOON_MS + 3, "shop", "203.0.113.8")
    assert len(usage) == 0


def test_what_is_counted_belongs_to_the_hour_in_which_it_began(store: SqlStore) -> None:
    clock = Clock()
    usage, key = book(store, clock), bound("one")

    async def count() -> None:
        usage.accepted(key, "shop", None, NOON_MS)
        clock.now_ms = NOON_MS + HOUR_MS
        await usage.write()
        usage.accepted(key, "shop", None, NOON_MS + HOUR_MS)
        await usage.write()

    run(count())
    assert counted(store, UsageBy.HOUR) == [(NOON_MS, 1), (NOON_MS + HOUR_MS, 1)]


def test_a_store_that_takes_nothing_loses_nothing(store: SqlStore) -> None:
    """What was not written is written later, with its own hour."""
    clock, ledger = Clock(), Faulty(store)
    usage, key = book(ledger, clock), bound("one")

    async def count() -> None:
        ledger.is_cut = True
        usage.accepted(key, "shop", None, NOON_MS)
        await usage.write()
        clock.now_ms = NOON_MS + HOUR_MS
        usage.accepted(key, "shop", None, NOON_MS + HOUR_MS)
        ledger.is_cut = False
        await usage.write()

    run(count())
    assert counted(store, UsageBy.HOUR) == [(NOON_MS, 2)]  # written together, it began at noon
    assert len(usage) == 0


def test_memory_is_bounded_while_the_store_takes_nothing(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_module, "MAX_COUNTS", 10)
    clock, ledger = Clock(), Faulty(store)
    ledger.is_cut = True
    usage = book(ledger, clock)

    async def count() -> None:
        for number in range(40):
            usage.accepted(bound(f"key-{number}"), "shop", None, NOON_MS)
            await usage.write()

    run(count())
    assert len(usage) == 10
    assert b"sealstamp_usage_dropped_total 30.0" in METRICS.render()


def test_whoever_is_asked_to_end_writes_the_rest(store: SqlStore) -> None:
    """Also in the middle of writing, and nothing twice."""
    clock = Clock()
    usage = UsageBook(store, METRICS, LOG, clock, interval_ms=1, keep_ms=24 * HOUR_MS)

    async def count() -> None:
        for _ in range(5):
            async with usage.kept():
                usage.accepted(bound("one"), "shop", None, NOON_MS)
                await asyncio.sleep(0.002)
                usage.accepted(bound("two"), "shop", None, NOON_MS)

    run(count())
    assert counted(store, UsageBy.ACCESS_KEY) == [("one", 5), ("two", 5)]


def test_old_usage_is_forgotten(store: SqlStore) -> None:
    store.add_usage([Usage(NOON_MS - 25 * HOUR_MS, "shop", "one", ACCEPTED, 1)], [])
    store.add_usage([Usage(NOON_MS - 23 * HOUR_MS, "shop", "one", ACCEPTED, 2)], [])
    usage = UsageBook(store, METRICS, LOG, Clock(), interval_ms=1, keep_ms=24 * HOUR_MS)

    async def live() -> None:
        async with usage.kept():
            while counted(store) != [(2,)]:
                await asyncio.sleep(0.01)

    run(asyncio.wait_for(live(), 20))


# quotas


def taken(store: SqlStore) -> int:
    return store.find_quota_used("key:one", span_of(Period.DAY, NOON_MS))


async def use(quotas: QuotaBook, *which: Quota, now_ms: int = NOON_MS) -> bool:
    try:
        if (later := quotas.use(which or (QUOTA,), now_ms)) is not None:
            await later
    except QuotaExceededError as refusal:
        assert refusal.retry_after_ms == span_of(Period.DAY, NOON_MS).ends_at_ms - now_ms
        return False
    return True


def test_all_of_a_quota_is_used_by_many_at_once(store: SqlStore) -> None:
    """And no more; many that wait at once ask together."""
    ledger = Faulty(store)
    quotas = QuotaBook(ledger, METRICS, LOG)  # type: ignore[arg-type]

    async def work() -> None:
        used = await asyncio.gather(*(use(quotas) for _ in range(250)))
        assert sum(used) == 200

    run(work())
    assert taken(store) == 200
    assert ledger.calls < 150


def test_one_that_is_used_up_uses_none_of_the_others(store: SqlStore) -> None:
    """A request either uses every quota that it is under, or none."""
    quotas, full = QuotaBook(store, METRICS, LOG), Quota("consumer:acme", Period.DAY, 1)

    async def work() -> None:
        async with quotas.held():
            assert await use(quotas, QUOTA, full)
            for _ in range(5):
                assert not await use(quotas, QUOTA, full)

    run(work())
    assert taken(store) == 1


def test_what_is_held_is_given_back_at_the_end(store: SqlStore) -> None:
    quotas = QuotaBook(store, METRICS, LOG)

    async def work() -> None:
        async with quotas.held():
            assert await use(quotas)
            quotas.give_back((QUOTA,), NOON_MS)
            assert await use(quotas)
            assert taken(store) > 1

    run(work())
    assert (taken(store), len(quotas)) == (1, 0)


def test_a_store_that_cannot_answer_refuses(store: SqlStore) -> None:
    """What is held may be used; nothing beyond."""
    ledger = Faulty(store)
    quotas = QuotaBook(ledger, METRICS, LOG)  # type: ignore[arg-type]

    async def work() -> None:
        assert await use(quotas)
        held = taken(store) - 1
        ledger.is_cut = True
        for _ in range(held):
            assert await use(quotas)
        for _ in range(3):
            with pytest.raises(StoreUnavailableError):
                await use(quotas)
        ledger.is_cut = False
        assert await use(quotas)

    run(work())


def test_an_answer_that_is_lost_costs_the_quota_and_not_the_provider(store: SqlStore) -> None:
    """Nobody can tell whether the store noted it; then it is not used."""
    ledger = Faulty(store)
    quotas = QuotaBook(ledger, METRICS, LOG)  # type: ignore[arg-type]

    async def work() -> None:
        ledger.is_answer_lost = True
        with pytest.raises(StoreUnavailableError):
            await use(quotas)
        ledger.is_answer_lost = False
        used = 0
        while await use(quotas):
            used += 1
        assert used + 6 == 200  # 6 is the 32nd part of 200

    run(work())
    assert taken(store) == 200
