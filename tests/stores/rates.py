"""Rates that are counted together, held against those of one process."""

from __future__ import annotations

from hypothesis import strategies as st

from sealstamp.keys.limits import MemoryRates, RateLimit
from sealstamp.keys.ports import RateLimiter

NOW_MS = 1_800_000_000_000
Steps = list[tuple[int, str]]
LIMITS = st.builds(RateLimit, st.integers(1, 9), st.sampled_from([1_000, 60_000]))
STEPS = st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from(["hit", "hit", "hit", "give back"])), max_size=50)
"""Milliseconds that go by, and what is done then."""


def same_as_alone(together: RateLimiter, key: str, limit: RateLimit, steps: Steps) -> None:
    """Both decide alike, and tell the same waits."""
    alone, now_ms, counted = MemoryRates(10), NOW_MS, False
    for gap_ms, step in steps:
        now_ms += gap_ms
        if step == "hit":
            wait_ms = alone.hit(key, limit, now_ms)
            assert together.hit(key, limit, now_ms) == wait_ms
            counted = wait_ms == 0
        elif counted:  # of the moment before, so that the period is the same
            alone.give_back(key, limit, now_ms - gap_ms)
            together.give_back(key, limit, now_ms - gap_ms)
            counted = False
