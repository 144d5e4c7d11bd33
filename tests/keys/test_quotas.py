"""Quotas: spans, shares, and that many processes together never use more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealstamp.keys.quotas import (
    FIRST_SHARE,
    MAX_SHARE,
    NONE_MS,
    PART,
    Ask,
    Period,
    Quota,
    Shares,
    Span,
    share_of,
    span_of,
)

NOW_MS = 1_800_014_400_000
DAY = Span(0, 86_400_000)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("period", "moment", "starts", "ends"),
    [
        (Period.DAY, "2027-01-31T23:59:59.999", "2027-01-31", "2027-02-01"),
        (Period.DAY, "2027-02-01T00:00:00", "2027-02-01", "2027-02-02"),
        (Period.MONTH, "2027-01-31T23:59:59.999", "2027-01-01", "2027-02-01"),
        (Period.MONTH, "2028-02-29T12:00:00", "2028-02-01", "2028-03-01"),
        (Period.MONTH, "2027-12-31T00:00:00", "2027-12-01", "2028-01-01"),
    ],
)
def test_days_and_months_are_those_of_utc(period: Period, moment: str, starts: str, ends: str) -> None:
    assert span_of(period, at(moment)) == Span(at(starts), at(ends))


@pytest.mark.parametrize(
    ("wanted", "used", "share"),
    [
        (10, 0, 10),
        (MAX_SHARE, 0, 1_000_000 // PART),
        (MAX_SHARE, 1_000_000 - PART + 1, 1),
        (MAX_SHARE, 999_999, 1),
        (MAX_SHARE, 1_000_000, 0),
        (MAX_SHARE, 1_000_001, 0),  # the amount was lowered
        (-10, 30, -10),
        (-10, 3, -3),
    ],
)
def test_a_share_is_a_part_of_what_is_left(wanted: int, used: int, share: int) -> None:
    assert share_of(Ask("key:a", DAY, 1_000_000, wanted), used) == share


class Ledger:
    """What a store does."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, Span], int] = {}

    def take(self, ask: Ask) -> int:
        share = share_of(ask, self.used.get(ask[:2], 0))
        self.used[ask[:2]] = self.used.get(ask[:2], 0) + share
        return share


def use(shares: Shares, quota: Quota, ledger: Ledger, now_ms: int) -> bool:
    """Use one, as a process does; tell whether there was one."""
    share = shares.of(quota, now_ms)
    if not share.left:
        share.grant(ledger.take(share.ask()), now_ms)
    if share.left:
        share.use()
        return True
    return False


def test_one_process_uses_all_of_it_and_asks_seldom() -> None:
    quota, shares, ledger = Quota("key:a", Period.MONTH, 100_000), Shares(), Ledger()
    asked = 0
    for _ in range(100_000):
        share = shares.of(quota, NOW_MS)
        asked += not share.left
        assert use(shares, quota, ledger, NOW_MS)
    assert not use(shares, quota, ledger, NOW_MS)
    assert shares.of(quota, NOW_MS).none_until_ms == NOW_MS + NONE_MS
    assert asked < 500
    assert FIRST_SHARE < 100_000


def test_the_next_span_begins_anew() -> None:
    quota, shares, ledger = Quota("key:a", Period.DAY, 2), Shares(), Ledger()
    tomorrow_ms = span_of(Period.DAY, NOW_MS).ends_at_ms
    assert [use(shares, quota, ledger, NOW_MS) for _ in range(3)] == [True, True, False]
    assert [use(shares, quota, ledger, tomorrow_ms) for _ in range(3)] == [True, True, False]


def test_idle_shares_are_given_back_and_forgotten() -> None:
    quota, shares, ledger = Quota("key:a", Period.DAY, 10_000), Shares(), Ledger()
    use(shares, quota, ledger, NOW_MS)
    assert shares.leave_idle() == []  # it was used a moment ago
    (left,) = shares.leave_idle()
    assert (left.wanted, len(shares)) == (1 - FIRST_SHARE, 0)
    ledger.take(left)
    assert ledger.used[left[:2]] == 1


def test_an_amount_that_was_changed_counts_from_the_next_share_on() -> None:
    shares, ledger = Shares(), Ledger()
    assert use(shares, Quota("key:a", Period.DAY, 1), ledger, NOW_MS)
    assert not use(shares, Quota("key:a", Period.DAY, 1), ledger, NOW_MS)
    assert use(shares, Quota("key:a", Period.DAY, 2), ledger, NOW_MS)


steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["use", "use", "use", "idle", "killed", "end"])), max_size=150
)


@settings(max_examples=60)
@given(st.integers(1, 300), steps)
def test_processes_together_never_use_more(amount: int, taken: list[tuple[int, str]]) -> None:
    """However they use, rest, die and are started again; and in the ledger is never less than was used."""
    quota, ledger = Quota("key:a", Period.DAY, amount), Ledger()
    processes = [Shares() for _ in range(4)]
    used = lost = 0
    for number, step in taken:
        shares = processes[number]
        if step == "use":
            used += use(shares, quota, ledger, NOW_MS)
        elif step == "killed":
            lost += shares.of(quota, NOW_MS).left
            processes[number] = Shares()
        else:
            for left in shares.leave_idle() if step == "idle" else shares.leave_all():
                ledger.take(left)
        held = sum(each.of(quota, NOW_MS).left for each in processes)
        assert used <= amount
        assert ledger.used.get(("key:a", span_of(Period.DAY, NOW_MS)), 0) == used + lost + held
