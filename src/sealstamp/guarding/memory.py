"""What one process has accepted, remembered by it alone."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Sequence
from threading import Lock
from typing import Final

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.keys.replay import MemoryReplayGuard

_MADE: Final = ClaimResult.MADE  # an enum's members are slow to look up before Python 3.12


class OwnMemory(MemoryReplayGuard):
    """The replay guard of one process, whose threads may ask it at once."""

    def __init__(self, born_ms: int) -> None:
        super().__init__(born_ms, _Unwritten())
        self._lock = Lock()

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim once, whichever threads make it."""
        with self._lock:
            made = super().claim(claim, now_ms)
        if made is not _MADE and claim.number is None and isinstance(made, Coroutine):  # what would write it down
            made.close()
            return _MADE
        return made


class _Unwritten:
    """A ledger that keeps nothing: what is stamped ahead of this clock can be accepted again after a restart."""

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        """Keep nothing."""

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        """Return nothing."""
        return ()

    def advance(self, counter: bytes, number: int) -> bool:
        """Refuse: schemes whose nonces count up are not accepted with this ledger."""
        return False
