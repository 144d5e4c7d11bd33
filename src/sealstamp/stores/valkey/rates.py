"""Rate limits that many machines count together, in Valkey.

It is the window of ``keys/limits.py``, and the script decides as that does. Counts of concurrent requests go together,
in one script for each shard, and only where the store has the shard's life, as with replay claims (``replay.py``). A
new life counts anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.limits import RateLimit, wait_ms
from sealstamp.stores.valkey.batches import Asked
from sealstamp.stores.valkey.scripts import COUNT
from sealstamp.stores.valkey.shards import Shards, digest_of

Full = tuple[int, int, int]
"""The counts of this period and the one before, and how much is left of this one, in milliseconds."""


def _read_counts(text: bytes) -> Sequence[Full | None]:
    """Return None for each that had room. Raises ValueError."""
    return [None if said == b"0" else _read_full(said) for said in text.split()]


def _read_full(said: bytes) -> Full:
    count, before, left_ms = map(int, said.split(b"/"))
    return count, before, left_ms


_COUNT: Final = Asked(COUNT, _read_counts)


class ValkeyRates:
    """Counts in ``shards``, which a Keeper keeps. ``hurry`` is told when one of them may have been lost."""

    def __init__(self, shards: Shards, hurry: Callable[[str], None]) -> None:
        self._shards = shards
        self._hurry = hurry

    def hit(self, access_key_id: str, limit: RateLimit, now_ms: int) -> Awaitable[int]:
        """Count one request and return 0; or how many milliseconds until one more is allowed.

        Raises StoreUnavailableError, also when it is awaited, as long as nobody can tell.
        """
        return _waited(self._change(1, access_key_id, limit, now_ms), limit)

    def give_back(self, access_key_id: str, limit: RateLimit, now_ms: int) -> None:
        """Take back a ``hit`` that was counted at ``now_ms``; where nobody can, it stays counted."""
        with suppress(StoreUnavailableError):
            self._change(-1, access_key_id, limit, now_ms).add_done_callback(_forget)

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while nothing can be counted."""
        self._shards.check()

    def _change(self, by: int, access_key_id: str, limit: RateLimit, now_ms: int) -> asyncio.Future[Full | None]:
        # A limit with another period has another window, as everywhere.
        digest = digest_of(b"%d %b" % (limit.per_ms, access_key_id.encode()))
        shard = self._shards.at(digest)
        return shard.batch(_COUNT, self._hurry).add(shard.rate_key(digest), by, now_ms, limit.amount, limit.per_ms)


async def _waited(answer: asyncio.Future[Full | None], limit: RateLimit) -> int:
    full = await answer
    if full is None:
        return 0
    count, before, left_ms = full
    return wait_ms(count, before, limit, left_ms)


def _forget(answer: asyncio.Future[Full | None]) -> None:
    """Look at what became of it: an error that nobody looks at would be told at the end."""
    if not answer.cancelled():
        answer.exception()
