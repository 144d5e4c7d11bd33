"""Rates that several processes of one host count together, in a table that all of them map.

It is the window of ``keys/limits.py``. Counting first and looking then, no two processes can both take the last one;
who was too much takes it back.
"""

from __future__ import annotations

from typing import Final

from sealstamp.keys.limits import RateLimit, wait_ms
from sealstamp.stores.host.table import HostTable

TABLE: Final = "rates"
NAMES_A_KEY: Final = 3
"""A key is in the table with this period and the last, and for a moment with the one before."""
SETTLED_MS: Final = 200
"""So long after a period nobody counts in it any more, or so few that it does not matter."""
_MARGIN_MS: Final = 1_000
_MOST_SETTLED: Final = 10_000


class HostRates:
    """Counts in ``table``. Raises StoreUnavailableError when there is no room for more keys."""

    def __init__(self, table: HostTable) -> None:
        self._table = table
        self._settled: dict[bytes, int] = {}

    def hit(self, access_key_id: str, limit: RateLimit, now_ms: int) -> int:
        """Count one request and return 0; or how many milliseconds until one more is allowed."""
        amount, per_ms = limit
        number = now_ms // per_ms
        left_ms = per_ms - now_ms % per_ms
        before = self._before(_name(access_key_id, per_ms, number - 1), per_ms - left_ms, now_ms)
        room = amount - before * left_ms // per_ms
        name, expires_ms = _name(access_key_id, per_ms, number), (number + 2) * per_ms + _MARGIN_MS
        if room > 0:
            if self._table.count(name, 1, expires_ms, now_ms) <= room:
                return 0
            count = self._table.count(name, -1, expires_ms, now_ms)
        else:
            count = self._table.number(name, now_ms)
        # Others may have taken back theirs meanwhile; when this one looked there was no room.
        return wait_ms(max(count, room), before, limit, left_ms)

    def _before(self, name: bytes, age_ms: int, now_ms: int) -> int:
        """Return the last period's count; once this period is ``age_ms`` old that does not change any more."""
        count = self._settled.get(name)
        if count is None:
            count = self._table.number(name, now_ms)
            if age_ms >= SETTLED_MS:
                if len(self._settled) >= _MOST_SETTLED:
                    self._settled.clear()
                self._settled[name] = count
        return count

    def give_back(self, access_key_id: str, limit: RateLimit, now_ms: int) -> None:
        """Take back a ``hit`` that was counted at ``now_ms``."""
        number = now_ms // limit.per_ms
        expires_ms = (number + 2) * limit.per_ms + _MARGIN_MS
        self._table.count(_name(access_key_id, limit.per_ms, number), -1, expires_ms, now_ms)

    def check(self) -> None:
        """Raise StoreUnavailableError when the table was deleted or replaced."""
        self._table.check()


def _name(access_key_id: str, per_ms: int, number: int) -> bytes:
    return b"%b\0%d\0%d" % (access_key_id.encode(), per_ms, number)
