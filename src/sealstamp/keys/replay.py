"""The replay guard of one process: what was accepted, until it could not be accepted anyway.

**The birthday rule.** A guard remembers nothing from before its birth, so it refuses what is stamped before it. A
restart can then never re-open the window, and nothing need be kept on the disk.

**Except for what is stamped ahead.** A client whose clock is two minutes fast stamps 12:02 at 12:00. Accepted, then
replayed after a restart at 12:01, that request is stamped after the birth. So claims that are stamped more than
``AHEAD_MS`` ahead of this clock, which are few, are also written to a ledger on the disk before they are accepted, and
read back at birth; and the birthday is counted from ``AHEAD_MS`` after it.

**What counts up** has no time, and its last number must outlive every process: each is written down before it is
accepted, and the ledger refuses one that is not above the last, whoever wrote that. Memory only saves replays a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.ports import ReplayLedger

AHEAD_MS: Final = 500
"""Clocks that are kept by NTP differ less than this; what is stamped further ahead goes into the ledger."""
MAX_CLAIMS: Final = 5_000_000
"""More than this many live claims (some 700 MB) and the guard refuses rather than forgets."""
SHARDS: Final = 64
"""One set of millions would stall for a tenth of a second whenever it grows; small ones do not."""
_MADE: Final = ClaimResult.MADE  # an enum's members are slow to look up before Python 3.12


class MemoryReplayGuard:
    """Remembers claims in this process's memory.

    ``born_ms`` is when it began to remember, in Unix milliseconds: after every other process that accepted requests for
    the same store has ended. ``tolerance_ms`` accepts what is stamped that much before the birth, for slow client
    clocks, and so re-opens that much of the window after each restart; leave it 0 unless that is understood.
    """

    def __init__(
        self, born_ms: int, ledger: ReplayLedger, *, tolerance_ms: int = 0, max_claims: int = MAX_CLAIMS
    ) -> None:
        self.trusted_from_ms = born_ms + AHEAD_MS - tolerance_ms
        self._ledger = ledger
        self._max_claims = max_claims
        self._count = 0
        self._shards: tuple[set[bytes], ...] = tuple(set() for _ in range(SHARDS))
        self._by_second: dict[int, list[bytes]] = {}
        self._numbers = CountingNonces(ledger)
        self._swept_second = born_ms // 1000
        for token, expires_ms in ledger.unexpired(born_ms):
            self._remember(token, expires_ms, self._shards[hash(token) % SHARDS])

    def __len__(self) -> int:
        """Return how many claims are remembered."""
        return self._count

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim once: of any number of callers with one token, exactly one gets MADE.

        The answer of a claim that must be on the disk first is to be awaited. Raises StoreUnavailableError when the
        guard is full.
        """
        if claim.number is not None:
            return self._numbers.claim(claim)
        if claim.stamped_ms <= self.trusted_from_ms:
            return ClaimResult.BEFORE_BIRTH
        if now_ms // 1000 > self._swept_second:
            self._sweep(now_ms // 1000)
        token, stamped_ms, expires_ms, _ = claim
        shard = self._shards[hash(token) % SHARDS]
        if token in shard:
            return ClaimResult.SEEN
        if self._count >= self._max_claims:
            raise StoreUnavailableError("the replay guard is full")
        self._remember(token, expires_ms, shard)
        return write_down(self._ledger, claim) if stamped_ms > now_ms + AHEAD_MS else _MADE

    def check(self) -> None:
        """Do nothing: memory is always at hand."""

    def _remember(self, token: bytes, expires_ms: int, shard: set[bytes]) -> None:
        shard.add(token)
        self._count += 1
        second = expires_ms // 1000 + 1
        try:
            self._by_second[second].append(token)
        except KeyError:
            self._by_second[second] = [token]

    def _sweep(self, second: int) -> None:
        """Forget what has expired; a second's claims go together."""
        for expired in [bucket for bucket in self._by_second if bucket <= second]:
            for token in self._by_second.pop(expired):
                self._shards[hash(token) % SHARDS].discard(token)
                self._count -= 1
        self._swept_second = second


class CountingNonces:
    """Claims of nonces that count up: the ledger decides, and memory saves it the replays."""

    def __init__(self, ledger: ReplayLedger) -> None:
        self._ledger = ledger
        self._highest: dict[bytes, int] = {}

    def claim(self, claim: Claim) -> ClaimResult | Awaitable[ClaimResult]:
        """Claim a number that is above any before it with its token."""
        number = claim.number or 0
        if number <= self._highest.get(claim.token, -1):
            return ClaimResult.SEEN
        self._highest[claim.token] = number
        return write_down(self._ledger, claim)


async def write_down(ledger: ReplayLedger, claim: Claim) -> ClaimResult:
    """Write a claim to the ledger, in a thread; it is on the disk when this returns. Raises StoreUnavailableError."""
    if claim.number is None:
        await asyncio.to_thread(ledger.record, claim.token, claim.expires_ms)
    elif not await asyncio.to_thread(ledger.advance, claim.token, claim.number):
        return ClaimResult.SEEN  # another process has counted on
    return _MADE
