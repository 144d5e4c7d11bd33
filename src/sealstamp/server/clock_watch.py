"""How far this machine's clock is from the store's: machines whose clocks differ disagree about windows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from sealstamp.errors import SealstampError

BETWEEN_S: Final = 5.0


class HasClock(Protocol):
    """A store that may have a clock of its own."""

    def clock_ms(self) -> int | None:
        """Return its time in Unix milliseconds, or None. Raises StoreUnavailableError."""


class ClockWatch:
    """Measures again and again. ``now_ms`` is this machine's clock, in Unix milliseconds."""

    def __init__(self, store: HasClock, now_ms: Callable[[], int], most_ms: int) -> None:
        self._store = store
        self._now_ms = now_ms
        self._most_ms = most_ms
        self.distance_ms: int | None = None
        """At least so far were the clocks apart when they were compared last; None for a store that has no clock."""

    @property
    def is_off(self) -> bool:
        """Tell whether the clocks are further apart than they may be."""
        return self.distance_ms is not None and self.distance_ms > self._most_ms

    def measure(self) -> None:
        """Compare the clocks; blocks. The time that an answer takes is no distance. Raises StoreUnavailableError."""
        before_ms = self._now_ms()
        theirs_ms = self._store.clock_ms()
        after_ms = self._now_ms()
        if theirs_ms is not None:
            self.distance_ms = max(theirs_ms - after_ms, before_ms - theirs_ms, 0)

    async def keep_measuring(self) -> None:
        """Measure for ever; while the store is silent, others say so."""
        while True:
            with suppress(SealstampError):
                await asyncio.to_thread(self.measure)
            await asyncio.sleep(BETWEEN_S)
