"""The replay guard that many machines share, in Valkey.

Claims of concurrent requests go together, in one script for each shard; the script makes them only if the store still
has all that was claimed in the shard's life (``scripts.py``). The key store knows which life that is
(``keys/lives.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.ports import ReplayLedger
from sealstamp.keys.replay import AHEAD_MS, CountingNonces, write_down
from sealstamp.stores.valkey.batches import Asked
from sealstamp.stores.valkey.scripts import CLAIM
from sealstamp.stores.valkey.shard import LEASE_MS, Rules, Shard
from sealstamp.stores.valkey.shards import Shards, digest_of

_MARGIN_MS = 1_000


_ONE: Final = ord("1")


def _read_bits(bits: bytes) -> Sequence[bool]:
    return [bit == _ONE for bit in bits]


_CLAIM: Final = Asked(CLAIM, _read_bits)


class ValkeyReplayGuard:
    """Makes claims in ``shards``, which a Keeper keeps. ``hurry`` is told when one of them may have been lost."""

    def __init__(
        self,
        shards: Shards,
        ledger: ReplayLedger,
        rules: Rules,
        hurry: Callable[[str], None],
    ) -> None:
        self._shards = shards
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
        shard = self._shards.at(digest)
        if not shard.problem and claim.stamped_ms <= shard.trusted_from_ms:
            return ClaimResult.BEFORE_BIRTH
        left_ms = claim.expires_ms - self._now_ms()
        if left_ms < 0:
            raise StoreUnavailableError("the request waited until its window was over")
        made = shard.batch(_CLAIM, self._hurry).add(shard.claim_key(digest), left_ms + self._stays_longer_ms)
        return self._settled(shard, shard.mark, made, claim, is_ahead=claim.stamped_ms > now_ms + AHEAD_MS)

    async def _settled(
        self, shard: Shard, mark: str, made: asyncio.Future[bool], claim: Claim, *, is_ahead: bool
    ) -> ClaimResult:
        if not await made:
            return ClaimResult.SEEN
        if is_ahead:
            # The life after this one will read it, if this node may still accept in this one when it is written.
            await write_down(self._ledger, claim)
        if not self._shards.is_fresh or shard.mark != mark:
            raise StoreUnavailableError("the replay store began a new life meanwhile")
        return ClaimResult.MADE

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while no claim at all can be made."""
        self._shards.check()
