"""Quotas in either database: of many processes that ask at once, none gets what another one has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.quotas import Ask, Period, Span, span_of
from sealstamp.stores.sql import SqlStore

NOW_MS = 1_800_014_400_000
TODAY = span_of(Period.DAY, NOW_MS)
TOMORROW = span_of(Period.DAY, TODAY.ends_at_ms)


def ask(subject: str, amount: int, wanted: int, span: Span = TODAY) -> Ask:
    return Ask(subject, span, amount, wanted)


def test_shares_are_taken_and_given_back(store: SqlStore) -> None:
    assert store.take_quotas([ask("key:b", 64, 10), ask("key:a", 6400, 10), ask("key:b", 64, 10)]) == [2, 10, 1]
    assert [store.find_quota_used(f"key:{name}", TODAY) for name in "abc"] == [10, 3, 0]
    assert store.take_quotas([ask("key:b", 64, -2)]) == [-2]
    assert store.find_quota_used("key:b", TODAY) == 1
    assert store.take_quotas([ask("key:b", 64, -5)]) == [-1]  # never below nothing
    assert store.find_quota_used("key:b", TODAY) == 0


def test_every_span_is_its_own(store: SqlStore) -> None:
    """Also a day and a month that begin together."""
    first = span_of(Period.MONTH, NOW_MS).starts_at_ms
    spans = [TODAY, TOMORROW, span_of(Period.DAY, first), span_of(Period.MONTH, first)]
    assert store.take_quotas([ask("key:a", 1, 5, span) for span in spans]) == [1, 1, 1, 1]
    assert store.take_quotas([ask("key:a", 1, 5, span) for span in spans]) == [0, 0, 0, 0]


def test_spans_that_ended_are_forgotten(store: SqlStore) -> None:
    store.take_quotas([ask("key:a", 1, 1), ask("key:a", 1, 1, TOMORROW)])
    assert store.forget_quotas(TODAY.ends_at_ms) == 0
    assert store.forget_quotas(TODAY.ends_at_ms + 1) == 1
    assert [store.find_quota_used("key:a", span) for span in (TODAY, TOMORROW)] == [0, 1]


def test_taking_changes_no_epoch(store: SqlStore) -> None:
    epoch = store.epoch()
    store.take_quotas([ask("key:a", 1, 1)])
    assert store.epoch() == epoch


def test_of_many_that_ask_at_once_all_together_get_the_quota(store: SqlStore) -> None:
    """And not one more, in whichever order they name theirs."""
    asks = [ask("key:a", 60, 9), ask("key:b", 40, 9)]

    def take(at: int) -> tuple[int, int]:
        try:
            got = store.take_quotas(asks[:: 1 if at % 2 else -1])
        except StoreUnavailableError:  # SQLite's lock was taken for too long
            return take(at)
        return (got[0], got[1]) if at % 2 else (got[1], got[0])

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(take, range(64)))
    assert [sum(share) for share in zip(*shares, strict=True)] == [60, 40]
