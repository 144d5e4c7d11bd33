"""All shards of one node: which of them is asked, and whether any can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2s
from time import monotonic

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.shard import Shard


def digest_of(token: bytes) -> bytes:
    """Return what something is known by in the store."""
    return blake2s(token, digest_size=16).digest()


class Shards:
    """``fresh_until``, in monotonic seconds: so long what the register of lives last said may be trusted."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards
        self.fresh_until = 0.0

    def __iter__(self) -> Iterator[Shard]:
        return iter(self._shards)

    def __len__(self) -> int:
        return len(self._shards)

    def at(self, digest: bytes) -> Shard:
        """Return the shard of a digest. Raises StoreUnavailableError while nobody knows which lives there are."""
        self.check_fresh()
        return self._shards[digest[0] % len(self._shards)]

    @property
    def is_fresh(self) -> bool:
        """Tell whether the lives are known."""
        return monotonic() <= self.fresh_until

    def check_fresh(self) -> None:
        """Raise StoreUnavailableError where the lives are not known."""
        if not self.is_fresh:
            raise StoreUnavailableError("the register of the replay store's lives has not answered for too long")

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while no shard at all can be asked."""
        self.check_fresh()
        if all(shard.problem for shard in self._shards):
            raise StoreUnavailableError(f"the replay store cannot be used: {self._shards[0].problem}")
