"""The time to sign by: that of this machine, or the server's where a refusal has told it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

NEAR_MS: Final = 1_000
"""A server's clock that differs by less is not followed: the way there and back takes as long."""
FARTHEST_MS: Final = 24 * 3_600_000
"""A server's clock that differs by more is not believed: what is signed for then would be good then."""


class ServerClock:
    """Tells the time by this machine's clock, plus how far the server's was ahead of it when it was told.

    That is forgotten once this machine's clock is set: then it is told by nobody how far the two are apart. ``wall_ns``
    is Unix time in nanoseconds, ``steady_ns`` a clock that nobody sets.
    """

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, steady_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall_ns = wall_ns
        self._steady_ns = steady_ns
        self._ahead_ms = 0
        self._between_ns = 0

    @property
    def ahead_ms(self) -> int:
        """How far the server's clock is ahead of this machine's, in milliseconds, as far as that is known."""
        if self._ahead_ms and abs(self._wall_ns() - self._steady_ns() - self._between_ns) > NEAR_MS * 1_000_000:
            self._ahead_ms = 0
        return self._ahead_ms

    def now_ms(self) -> int:
        """Return Unix milliseconds."""
        return self._wall_ns() // 1_000_000 + self.ahead_ms

    def set_by(self, server_time_ms: int) -> bool:
        """Follow a server's clock from now on; if it agrees with this machine's, forget what was learnt before.

        Returns whether the time is another now than it was. One that is more than a day off is not believed.
        """
        wall_ns = self._wall_ns()
        ahead_ms = server_time_ms - wall_ns // 1_000_000
        if abs(ahead_ms) > FARTHEST_MS:
            return False
        before = self.ahead_ms
        self._ahead_ms = ahead_ms if abs(ahead_ms) > NEAR_MS else 0
        self._between_ns = wall_ns - self._steady_ns()
        return abs(self._ahead_ms - before) > NEAR_MS
