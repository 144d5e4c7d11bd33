"""The replay guard that several processes of one host share, in a table that all of them map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.ports import ReplayLedger
from sealstamp.keys.replay import AHEAD_MS, CountingNonces, write_down
from sealstamp.stores.host.table import LOOK_MS, HostTable

TABLE: Final = "replay"
_MARGIN_MS: Final = 1_000
_MADE: Final = ClaimResult.MADE  # an enum's members are slow to look up before Python 3.12


def remember(table: HostTable, ledger: ReplayLedger) -> None:
    """Put into a new table what was stamped ahead, and accepted before it was made."""
    for token, expires_ms in ledger.unexpired(table.born_ms):
        table.add(token, expires_ms + _MARGIN_MS, table.born_ms)


class HostReplayGuard:
    """Remembers claims in ``table``. ``now_ms`` is the wall clock in Unix milliseconds, the host's.

    Its birthday is the table's. A process that goes on with a table that somebody deleted notices it within
    ``LOOK_MS``; so the birthday is counted from that much later, and what it accepted meanwhile is refused by others.
    """

    def __init__(
        self, table: HostTable, ledger: ReplayLedger, now_ms: Callable[[], int], *, tolerance_ms: int = 0
    ) -> None:
        self.trusted_from_ms = table.born_ms + AHEAD_MS + LOOK_MS - tolerance_ms
        self._table = table
        self._ledger = ledger
        self._now_ms = now_ms
        self._numbers = CountingNonces(ledger)

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim once: of any number of processes with one token, exactly one gets MADE.

        The answer of a claim that must be on the disk first is to be awaited. Raises StoreUnavailableError.
        """
        if claim.number is not None:
            return self._numbers.claim(claim)
        if claim.stamped_ms <= self.trusted_from_ms:
            return ClaimResult.BEFORE_BIRTH
        # Not the time at which the request came: another process may meanwhile have given away an expired one's slot.
        current_ms = self._now_ms()
        if current_ms > claim.expires_ms:
            raise StoreUnavailableError("the request waited until its window was over")
        if not self._table.add(claim.token, claim.expires_ms + _MARGIN_MS, current_ms):
            return ClaimResult.SEEN
        return write_down(self._ledger, claim) if claim.stamped_ms > now_ms + AHEAD_MS else _MADE

    def check(self) -> None:
        """Raise StoreUnavailableError when the table was deleted or replaced."""
        self._table.check()
