"""Rate limits: how they are written, and that the window is the one of the library ``limits``."""

from __future__ import annotations

import threading
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond, storage, strategies

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.limits import MemoryRates, RateLimit, SlidingWindows, parse_rate_limit

NOW_MS = 1_800_000_000_000
PER_MINUTE = RateLimit(5, 60_000)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("1/second", RateLimit(1, 1_000)),
        ("100/minute", RateLimit(100, 60_000)),
        ("7/hour", RateLimit(7, 3_600_000)),
        ("1000000000/day", RateLimit(1_000_000_000, 86_400_000)),
    ],
)
def test_a_limit_is_a_number_and_a_unit(text: str, limit: RateLimit) -> None:
    assert parse_rate_limit("key", text) == limit


@pytest.mark.parametrize("text", ["", "100", "0/minute", "-1/minute", "01/minute", "1e3/day", "1/week", "1/minute\n"])
def test_what_is_no_limit_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a rate limit") as caught:
        parse_rate_limit("key", text)
    assert "100/minute" in caught.value.hint
    with pytest.raises(ConfigurationError):
        parse_rate_limit("key", "1000000001/day")


def test_names_do_not_share_a_limit() -> None:
    windows = SlidingWindows(10)
    assert [windows.hit("a", PER_MINUTE, NOW_MS) for _ in range(6)][:5] == [0] * 5
    assert windows.wait_ms("a", PER_MINUTE, NOW_MS) > 0
    assert windows.hit("b", PER_MINUTE, NOW_MS) == 0


def test_a_limit_that_was_changed_starts_anew() -> None:
    windows = SlidingWindows(10)
    while not windows.hit("a", PER_MINUTE, NOW_MS):
        pass
    assert windows.hit("a", RateLimit(5, 1_000), NOW_MS) == 0


def test_what_is_given_back_can_be_used_again() -> None:
    windows = SlidingWindows(10)
    while not windows.hit("a", PER_MINUTE, NOW_MS):
        pass
    windows.give_back("a")
    assert windows.hit("a", PER_MINUTE, NOW_MS) == 0
    assert windows.hit("a", PER_MINUTE, NOW_MS) > 0
    windows.give_back("never seen")


def test_memory_is_bounded() -> None:
    """The oldest name is forgotten; a name that is asked about is not remembered for it."""
    windows = SlidingWindows(3)
    for name in "abcd":
        windows.hit(name, RateLimit(1, 60_000), NOW_MS)
    assert windows.wait_ms("e", PER_MINUTE, NOW_MS) == 0
    assert len(windows) == 3
    assert windows.hit("a", RateLimit(1, 60_000), NOW_MS) == 0
    assert windows.hit("d", RateLimit(1, 60_000), NOW_MS) > 0


def test_a_full_memory_refuses_and_makes_room_of_what_has_faded() -> None:
    """A key that is in use is never forgotten for another."""
    rates, limit = MemoryRates(2), RateLimit(1, 60_000)
    assert [rates.hit(name, limit, NOW_MS) for name in "ab"] == [0, 0]
    with pytest.raises(StoreUnavailableError, match="more access keys"):
        rates.hit("c", limit, NOW_MS)
    assert rates.hit("a", limit, NOW_MS) > 0
    later_ms = NOW_MS + 2 * limit.per_ms
    assert rates.hit("c", limit, later_ms) == 0
    assert rates.hit("a", limit, later_ms) == 0


def test_a_clock_that_is_set_back() -> None:
    """A little: nothing is won by it. By much: the window starts anew, and does not wait until the old time."""
    windows = SlidingWindows(10)
    while not windows.hit("a", PER_MINUTE, NOW_MS):
        pass
    assert windows.hit("a", PER_MINUTE, NOW_MS - 1_000) > 0
    assert windows.hit("a", PER_MINUTE, NOW_MS - 86_400_000) == 0


limits_st = st.builds(RateLimit, st.integers(1, 9), st.sampled_from([1_000, 7_000, 60_000]))
gaps_st = st.lists(st.integers(0, 20_000), max_size=60)


@given(limits_st, gaps_st)
def test_after_the_wait_and_no_sooner(limit: RateLimit, gaps: list[int]) -> None:
    """The wait that a refusal tells is exact: one millisecond less would be refused too."""
    windows, now_ms = SlidingWindows(1), NOW_MS
    for gap in gaps:
        now_ms += gap
        wait_ms = windows.hit("a", limit, now_ms)
        if wait_ms:
            assert wait_ms == windows.wait_ms("a", limit, now_ms)
            assert windows.wait_ms("a", limit, now_ms + wait_ms - 1) > 0
            now_ms += wait_ms
            assert windows.hit("a", limit, now_ms) == 0


@given(limits_st, gaps_st)
def test_never_more_than_the_amount_in_a_period(limit: RateLimit, gaps: list[int]) -> None:
    """In no period that the clock begins is more accepted than the amount; and never none at all."""
    windows, now_ms, accepted = SlidingWindows(1), NOW_MS, []
    for gap in gaps:
        now_ms += gap
        if windows.hit("a", limit, now_ms) == 0:
            accepted.append(now_ms // limit.per_ms)
    assert all(accepted.count(period) <= limit.amount for period in accepted)
    assert bool(accepted) == bool(gaps)


@given(st.integers(1, 9), st.sampled_from([1, 4, 64]), st.lists(st.integers(0, 5_000), max_size=80))
def test_decides_as_the_library_does(amount: int, seconds: int, gaps: list[int]) -> None:
    """``limits`` is the oracle; the times are in eighths of a second, which its floating point has exactly."""
    windows, limit = SlidingWindows(1), RateLimit(amount, seconds * 1_000)
    item, now_ms = RateLimitItemPerSecond(amount, seconds), NOW_MS
    with patch.object(threading.Timer, "start"):  # its clean-up has a clock of its own
        theirs = strategies.SlidingWindowCounterRateLimiter(storage.MemoryStorage())
        for gap in gaps:
            now_ms += gap // 125 * 125
            with patch("time.time", return_value=now_ms / 1_000):
                expected = theirs.hit(item, "a")
            assert (windows.hit("a", limit, now_ms) == 0) == expected
