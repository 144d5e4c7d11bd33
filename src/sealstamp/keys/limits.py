"""Rate limits: how they are written, and the sliding window that keeps them.

A window is counted in two halves that are aligned to the clock: this period's requests, and the last period's, which
fade as this one goes on. So nobody can send twice the amount around a boundary, and a key costs three integers, however
many requests it may make. It is the sliding window counter of the library ``limits``, which decides alike; that one
reads a clock of its own and costs as much as twenty verifications.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Final, NamedTuple

from sealstamp.errors import ConfigurationError, StoreUnavailableError

UNITS_MS: Final = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
MAX_AMOUNT: Final = 1_000_000_000
_SWEEP_MS: Final = 1_000
_WRITTEN = re.compile(r"([1-9][0-9]{0,9})/(second|minute|hour|day)")


class RateLimit(NamedTuple):
    """At most ``amount`` requests in any ``per_ms`` milliseconds."""

    amount: int
    per_ms: int


def parse_rate_limit(place: str, text: str) -> RateLimit:
    """Read a limit such as ``100/minute``. Raises ConfigurationError, which names ``place``."""
    found = _WRITTEN.fullmatch(text)
    if found is None or int(found[1]) > MAX_AMOUNT:
        hint = f"write a whole number up to {MAX_AMOUNT:,} and a unit, such as 10/second, 100/minute or 5000/day"
        raise ConfigurationError(place, f"{text!r} is not a rate limit", hint)
    return RateLimit(int(found[1]), UNITS_MS[found[2]])


def write_rate_limit(limit: RateLimit) -> str:
    """Write a limit as it is read."""
    unit = next(name for name, unit_ms in UNITS_MS.items() if unit_ms == limit.per_ms)
    return f"{limit.amount}/{unit}"


def is_within(one: RateLimit, other: RateLimit) -> bool:
    """Tell whether whoever keeps to ``one`` keeps to ``other`` too."""
    return one.amount * -(-other.per_ms // one.per_ms) <= other.amount


def narrower(one: RateLimit, other: RateLimit) -> RateLimit:
    """Return a limit that keeps to both: one of them, if it does; else that of two which do which lets more through."""
    if is_within(one, other):
        return one
    if is_within(other, one):
        return other
    short, long = sorted((one.per_ms, other.per_ms))  # a unit is a whole number of every shorter one
    by_long = RateLimit(min(one.amount, other.amount), long)
    by_short = RateLimit(min(limit.amount * short // limit.per_ms for limit in (one, other)), short)
    return max(by_long, by_short, key=lambda limit: limit.amount * long // limit.per_ms)


class _Window:
    """What one name has used: in the period ``number`` and in the one before."""

    __slots__ = ("before", "count", "number", "per_ms")

    def __init__(self, per_ms: int, number: int) -> None:
        self.per_ms = per_ms
        self.number = number
        self.count = 0
        self.before = 0

    def move_to(self, number: int) -> None:
        """Go on to a later period. A clock that was set back a little stays in this one; by much, it starts anew."""
        step = number - self.number
        if step == -1:
            return
        self.before = self.count if step == 1 else 0
        self.count = 0
        self.number = number


class SlidingWindows:
    """Counts by name, in memory. The name that came first is forgotten first when there are more than ``most``.

    All times are Unix milliseconds.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._windows: dict[Hashable, _Window] = {}

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._windows)

    def hit(self, name: Hashable, limit: RateLimit, now_ms: int) -> int:
        """Count one request and return 0; or, where that would be too many, how many milliseconds until it is not."""
        amount, per_ms = limit
        window = self._current(name, per_ms, now_ms // per_ms)
        left_ms = per_ms - max(now_ms - window.number * per_ms, 0)
        if window.before * left_ms // per_ms + window.count < amount:
            window.count += 1
            return 0
        return wait_ms(window.count, window.before, limit, left_ms)

    def give_back(self, name: Hashable) -> None:
        """Take back the last ``hit`` of a name."""
        window = self._windows.get(name)
        if window is not None and window.count:
            window.count -= 1

    def forget_past(self, now_ms: int) -> None:
        """Forget the names whose counts have faded."""
        windows = self._windows.items()
        self._windows = {name: one for name, one in windows if now_ms < (one.number + 2) * one.per_ms}

    def __contains__(self, name: Hashable) -> bool:
        """Tell whether a name is remembered."""
        return name in self._windows

    def wait_ms(self, name: Hashable, limit: RateLimit, now_ms: int) -> int:
        """Return how long until one more would be allowed: 0 is now. Counts nothing."""
        if name not in self._windows:
            return 0
        amount, per_ms = limit
        window = self._current(name, per_ms, now_ms // per_ms)
        left_ms = per_ms - max(now_ms - window.number * per_ms, 0)
        allowed = window.before * left_ms // per_ms + window.count < amount
        return 0 if allowed else wait_ms(window.count, window.before, limit, left_ms)

    def _current(self, name: Hashable, per_ms: int, number: int) -> _Window:
        window = self._windows.get(name)
        if window is None or window.per_ms != per_ms:
            if len(self._windows) >= self._most:
                self._windows.pop(next(iter(self._windows)))
            window = self._windows[name] = _Window(per_ms, number)
        elif window.number != number:
            window.move_to(number)
        return window


class MemoryRates:
    """Keeps the rates of one process's keys in its memory. Times are Unix milliseconds.

    Nothing is forgotten that counts: with more than ``most`` keys in use at once, it refuses.
    """

    def __init__(self, most: int) -> None:
        self._windows = SlidingWindows(most)
        self._most = most
        self._swept_ms = 0

    def hit(self, access_key_id: str, limit: RateLimit, now_ms: int) -> int:
        """Count one request and return 0; or how many milliseconds until one more is allowed.

        Raises StoreUnavailableError when too many keys are in use.
        """
        if len(self._windows) >= self._most and access_key_id not in self._windows:
            self._make_room(now_ms)
        return self._windows.hit(access_key_id, limit, now_ms)

    def give_back(self, access_key_id: str, limit: RateLimit, now_ms: int) -> None:
        """Take back a ``hit`` that was counted at ``now_ms``."""
        self._windows.give_back(access_key_id)

    def check(self) -> None:
        """Raise nothing: memory is always there."""

    def _make_room(self, now_ms: int) -> None:
        if now_ms - self._swept_ms >= _SWEEP_MS:
            self._swept_ms = now_ms
            self._windows.forget_past(now_ms)
        if len(self._windows) >= self._most:
            raise StoreUnavailableError("more access keys with a rate limit are in use than can be counted")


def wait_ms(count: int, before: int, limit: RateLimit, left_ms: int) -> int:
    """Return how long until counts of this period and the one before, both of which fade, leave room for one more.

    ``left_ms`` is what is left of this period. There must be none at the moment.
    """
    amount, per_ms = limit
    if count >= amount:  # not in this period; in the next one this period's count fades
        return left_ms + per_ms - (amount * per_ms - 1) // count
    return left_ms - ((amount - count) * per_ms - 1) // before
