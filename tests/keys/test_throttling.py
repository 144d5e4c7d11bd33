"""Whoever fails again and again has to wait; whoever did not, never has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.keys.limits import RateLimit
from sealstamp.keys.throttling import KNOWN_FOR_MS, FailureThrottle

NOW_MS = 1_800_000_000_000
MINUTE_MS = 60_000
ATTACKER, OWNER, KEY, OTHER = "198.51.100.1", "203.0.113.7", b"key", b"other"


@pytest.fixture
def throttle() -> FailureThrottle:
    """Ten failures from an address, three of them for one key; from twenty for a key on, one for each address."""
    return FailureThrottle(RateLimit(10, MINUTE_MS), RateLimit(3, MINUTE_MS), RateLimit(20, MINUTE_MS))


def test_an_address_that_failed_with_a_key_too_often_waits_for_that_key(throttle: FailureThrottle) -> None:
    for _ in range(3):
        assert throttle.wait_ms(ATTACKER, KEY, NOW_MS) == 0
        throttle.failed(ATTACKER, KEY, NOW_MS)
    assert throttle.is_failing(ATTACKER)
    assert 0 < throttle.wait_ms(ATTACKER, KEY, NOW_MS) <= 2 * MINUTE_MS
    assert throttle.wait_ms(ATTACKER, OTHER, NOW_MS) == 0


def test_an_address_that_tries_many_keys_waits_for_all(throttle: FailureThrottle) -> None:
    for number in range(10):
        throttle.failed(ATTACKER, b"key-%d" % number, NOW_MS)
    assert throttle.wait_ms(ATTACKER, b"never tried", NOW_MS) > 0


def test_the_wait_ends_and_the_failures_are_forgotten(throttle: FailureThrottle) -> None:
    for _ in range(3):
        throttle.failed(ATTACKER, KEY, NOW_MS)
    wait_ms = throttle.wait_ms(ATTACKER, KEY, NOW_MS)
    assert throttle.wait_ms(ATTACKER, KEY, NOW_MS + wait_ms) == 0
    assert throttle.wait_ms(ATTACKER, KEY, NOW_MS + 2 * MINUTE_MS + 1) == 0
    assert not throttle.is_failing(ATTACKER)


def test_many_addresses_that_fail_with_one_key_have_one_try_each(throttle: FailureThrottle) -> None:
    """And an address that did not fail is not touched: that is where the owner is."""
    for number in range(20):
        throttle.failed(f"10.0.0.{number}", KEY, NOW_MS)
    assert throttle.wait_ms("10.0.0.0", KEY, NOW_MS) > 0
    assert throttle.wait_ms("10.0.0.0", OTHER, NOW_MS) == 0
    assert not throttle.is_failing(OWNER)
    throttle.failed(OWNER, OTHER, NOW_MS)
    assert throttle.wait_ms(OWNER, KEY, NOW_MS) == 0
    throttle.failed(OWNER, KEY, NOW_MS)
    assert throttle.wait_ms(OWNER, KEY, NOW_MS) > 0


def test_an_address_is_known_for_a_day_after_a_right_signature(throttle: FailureThrottle) -> None:
    throttle.succeeded(OWNER, KEY, NOW_MS)
    assert throttle.knows(OWNER, KEY, NOW_MS + KNOWN_FOR_MS - 1)
    assert not throttle.knows(OWNER, KEY, NOW_MS + KNOWN_FOR_MS)
    assert not throttle.knows(OWNER, OTHER, NOW_MS)
    assert not throttle.knows(ATTACKER, KEY, NOW_MS)


def test_memory_is_bounded_whatever_strangers_send() -> None:
    throttle = FailureThrottle(RateLimit(2, MINUTE_MS), RateLimit(2, MINUTE_MS), RateLimit(2, MINUTE_MS), most=8)
    for number in range(100):
        throttle.failed(f"10.0.0.{number}", b"%d" % number, NOW_MS)
        throttle.succeeded(f"10.0.0.{number}", b"%d" % number, NOW_MS)
    tables = (throttle._addresses, throttle._pairs, throttle._keys, throttle._failing, throttle._known)
    assert [len(table) for table in tables] == [8] * 5


sources = st.sampled_from(["a", "b", "c", "d"])
names = st.sampled_from([b"k", b"l"])
events = st.lists(st.tuples(sources, names, st.integers(0, MINUTE_MS)), max_size=80)


@given(events)
def test_who_did_not_fail_never_waits(throttled: list[tuple[str, bytes, int]]) -> None:
    """Whatever others do: before its own first failure with any key, an address is let through."""
    throttle = FailureThrottle(RateLimit(3, MINUTE_MS), RateLimit(2, MINUTE_MS), RateLimit(4, MINUTE_MS))
    now_ms, failed = NOW_MS, set()
    for source, name, gap in throttled:
        now_ms += gap
        if source not in failed:
            assert not throttle.is_failing(source)
            assert throttle.wait_ms(source, name, now_ms) == 0
        if throttle.wait_ms(source, name, now_ms) == 0:
            throttle.failed(source, name, now_ms)
            failed.add(source)
