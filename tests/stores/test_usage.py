"""Usage and last uses, kept in either database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.usage import HOUR_MS, LastUse, Usage, UsageBy, UsageFilter
from sealstamp.stores.sql import SqlStore

NOON_MS = 1_800_014_400_000  # 2027-01-15T12:00:00Z
DAY_MS = 24 * HOUR_MS
MIDNIGHT_MS = NOON_MS - NOON_MS % DAY_MS


@pytest.fixture
def used(shop: SqlStore) -> SqlStore:
    """A store where ``one`` and ``two`` were used, at noon, an hour later and the day after."""
    shop.put_consumer(Consumer("bolt"))
    for name, consumer in (("one", "acme"), ("two", "bolt")):
        shop.add_access_key(AccessKey(name, b"sealed", consumer, ("shop",)))
    shop.add_usage(
        [
            Usage(NOON_MS, "shop", "one", "accepted", 5),
            Usage(NOON_MS, "shop", "", "signature_mismatch", 7),
            Usage(NOON_MS + HOUR_MS, "shop", "one", "rate_limited", 2),
            Usage(NOON_MS + DAY_MS, "till", "two", "accepted", 11),
        ],
        [LastUse("one", NOON_MS, "shop", "203.0.113.7"), LastUse("two", NOON_MS + DAY_MS, "till", None)],
    )
    return shop


def sums(store: SqlStore, *by: UsageBy, **chosen: object) -> list[tuple[object, ...]]:
    return [(*one.of, one.requests) for one in store.sum_usage(UsageFilter(**chosen), by)]  # type: ignore[arg-type]


def test_usage_adds_up(used: SqlStore) -> None:
    """What is written again is added, not put in its place."""
    assert sums(used) == [(25,)]
    used.add_usage([Usage(NOON_MS, "shop", "one", "accepted", 1)], [])
    assert sums(used, access_key_id="one", api="shop") == [(8,)]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ((UsageBy.API,), [("shop", 14), ("till", 11)]),
        ((UsageBy.ACCESS_KEY,), [("", 7), ("one", 7), ("two", 11)]),
        ((UsageBy.CONSUMER,), [("", 7), ("acme", 7), ("bolt", 11)]),
        ((UsageBy.REASON,), [("accepted", 16), ("rate_limited", 2), ("signature_mismatch", 7)]),
        ((UsageBy.HOUR,), [(NOON_MS, 12), (NOON_MS + HOUR_MS, 2), (NOON_MS + DAY_MS, 11)]),
        ((UsageBy.DAY,), [(MIDNIGHT_MS, 14), (MIDNIGHT_MS + DAY_MS, 11)]),
        (
            (UsageBy.DAY, UsageBy.ACCESS_KEY),
            [(MIDNIGHT_MS, "", 7), (MIDNIGHT_MS, "one", 7), (MIDNIGHT_MS + DAY_MS, "two", 11)],
        ),
    ],
)
def test_by_what_usage_is_added_up(used: SqlStore, by: tuple[UsageBy, ...], expected: list[tuple[object, ...]]) -> None:
    assert sums(used, *by) == expected


@pytest.mark.parametrize(
    ("chosen", "requests"),
    [
        ({"api": "till"}, 11),
        ({"access_key_id": "one"}, 7),
        ({"access_key_id": ""}, 7),
        ({"consumer": "acme"}, 7),
        ({"since_ms": NOON_MS + 1}, 25),  # an hour is whole
        ({"since_ms": NOON_MS + HOUR_MS}, 13),
        ({"until_ms": NOON_MS + HOUR_MS}, 12),
        ({"since_ms": NOON_MS, "until_ms": NOON_MS + DAY_MS, "api": "shop"}, 14),
    ],
)
def test_which_usage_is_meant(used: SqlStore, chosen: dict[str, object], requests: int) -> None:
    assert sums(used, **chosen) == [(requests,)]


def test_nothing_was_used(used: SqlStore) -> None:
    assert used.sum_usage(UsageFilter(api="nowhere")) == []
    assert used.sum_usage(UsageFilter(api="nowhere"), [UsageBy.DAY]) == []


def test_the_last_use_is_the_latest(used: SqlStore) -> None:
    """Processes write in any order; an earlier use never takes a later one's place."""
    used.add_usage([], [LastUse("one", NOON_MS - 1, "till", "198.51.100.1")])
    assert used.find_last_use("one") == LastUse("one", NOON_MS, "shop", "203.0.113.7")
    used.add_usage([], [LastUse("one", NOON_MS + 1, "till", None)])
    assert used.find_last_use("one") == LastUse("one", NOON_MS + 1, "till", None)
    assert used.find_last_use("three") is None
    assert [one.access_key_id for one in used.find_last_uses(["two", "three", "one"])] == ["one", "two"]


def test_a_deleted_key_takes_its_last_use_along_and_leaves_its_usage(used: SqlStore) -> None:
    used.delete_access_key("one")
    assert used.find_last_use("one") is None
    assert sums(used, access_key_id="one") == [(7,)]
    assert sums(used, UsageBy.CONSUMER, access_key_id="one") == [("", 7)]


def test_a_key_that_is_gone_does_not_stop_the_others(used: SqlStore) -> None:
    """Between a use and its writing a key may be deleted."""
    used.add_usage([], [LastUse("gone", NOON_MS, "shop", None), LastUse("one", NOON_MS + 5, "shop", None)])
    last = used.find_last_use("one")
    assert last is not None
    assert last.at_ms == NOON_MS + 5


def test_old_usage_is_forgotten_in_parts(used: SqlStore) -> None:
    assert used.forget_usage(NOON_MS + DAY_MS, most=1) == 2  # the whole of one hour
    assert used.forget_usage(NOON_MS + DAY_MS, most=10) == 1
    assert used.forget_usage(NOON_MS + DAY_MS, most=10) == 0
    assert sums(used) == [(11,)]


def test_counting_changes_no_epoch(used: SqlStore) -> None:
    """Else every flush would empty every process's keys."""
    epoch = used.epoch()
    used.add_usage([Usage(NOON_MS, "shop", "one", "accepted", 1)], [LastUse("one", NOON_MS + 9, "shop", None)])
    used.forget_usage(NOON_MS + DAY_MS, most=10)
    assert used.epoch() == epoch


def test_many_writers_lose_nothing(used: SqlStore) -> None:
    """A writer that is told to try again does."""
    rows = [Usage(NOON_MS, "shop", name, "accepted", 1) for name in ("one", "two")]

    def write(at: int) -> None:
        try:
            used.add_usage(rows[:: 1 if at % 2 else -1], [LastUse("one", NOON_MS + at, "shop", None)])
        except StoreUnavailableError:  # SQLite's lock was taken for too long
            write(at)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))
    assert sums(used, UsageBy.ACCESS_KEY, since_ms=NOON_MS, until_ms=NOON_MS + 1) == [("", 7), ("one", 45), ("two", 40)]
    assert used.find_last_use("one") == LastUse("one", NOON_MS + 39, "shop", None)
