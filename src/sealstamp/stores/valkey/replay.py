"""The replay guard that many machines share, in Valkey.

Claims of concurrent requests go together, in one script for each shard; the script makes them only if the store still
has all that was claimed in the shard's life (``scripts.py``). The key store knows which life that is
(``keys/lives.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2s
from time import monotonic

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.ports import ReplayLedger
from sealstamp.keys.replay import AHEAD_MS, CountingNonces, write_down
from sealstamp.stores.valkey.shard import LEASE_MS, Rules, Shard

_MARGIN_MS = 1_000


def digest_of(token: bytes) -> bytes:
    """Return what a claim is known by in the store."""
    return blake2s(token, digest_size=16).digest()


class Freshness:
    """Until when, in monotonic seconds, what the register last said may be trusted."""

    def __init__(self) -> None:
        self.until = 0.0


class ValkeyReplayGuard:
    """Makes claims in ``shards``, which a Keeper keeps. ``hurry`` is told when one of them may have been lost."""

    def __init__(
        self,
        shards: Sequence[Shard],
        freshness: Freshness,
        ledger: ReplayLedger,
        rules: Rules,
        hurry: Callable[[str], None],
    ) -> None:
        self._shards = shards
        self._freshness = freshness
        self._ledger = ledger
        self._now_ms = rules.now_ms
        self._stays_longer_ms = LEASE_MS + 2 * rules.max_distance_ms + _MARGIN_MS
        self._hurry = hurry
        self._numbers = CountingNonces(ledger)

    @property
    def trusted_from_ms(self) -> int:
        """The oldest birthday of a shard that can be asked."""
        return min((shard.trusted_from_ms for shard in self._shards if not shard.problem), default=0)

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim once: of any number of nodes with one token, exactly one gets MADE.

        Raises StoreUnavailableError, also when it is awaited, as long as nobody can tell.
        """
        if claim.number is not None:
            return self._numbers.claim(claim)
        digest = digest_of(claim.token)
        shard = self._shards[digest[0] % len(self._shards)]
        if monotonic() > self._freshness.until:
            raise StoreUnavailableError("the register of the replay store's lives has not answered for too long")
        if not shard.problem and claim.stamped_ms <= shard.trusted_from_ms:
            return ClaimResult.BEFORE_BIRTH
        left_ms = claim.expires_ms - self._now_ms()
        if left_ms < 0:
            raise StoreUnavailableError("the request waited until its window was over")
        made = shard.claims(self._hurry).add(shard.claim_key(digest), left_ms + self._stays_longer_ms)
        return self._settled(shard, shard.mark, made, claim, is_ahead=claim.stamped_ms > now_ms + AHEAD_MS)

    async def _settled(
        self, shard: Shard, mark: str, made: asyncio.Future[bool], claim: Claim, *, is_ahead: bool
    ) -> ClaimResult:
        if not await made:
            return ClaimResult.SEEN
        if is_ahead:
            # The life after this one will read it, if this node may still accept in this one when it is written.
            await write_down(self._ledger, claim)
        if monotonic() > self._freshness.until or shard.mark != mark:
            raise StoreUnavailableError("the replay store began a new life meanwhile")
        return ClaimResult.MADE

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while no claim at all can be made."""
        if monotonic() > self._freshness.until:
            raise StoreUnavailableError("the register of the replay store's lives has not answered for too long")
        if all(shard.problem for shard in self._shards):
            raise StoreUnavailableError(f"replay claims cannot be made: {self._shards[0].problem}")
