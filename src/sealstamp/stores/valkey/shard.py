"""One shard of the replay store, as one node knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.lives import Life, LifeState
from sealstamp.keys.replay import AHEAD_MS
from sealstamp.stores.valkey.batches import Asked, Batch, Where
from sealstamp.stores.valkey.link import Link

T = TypeVar("T")
LEASE_MS: Final = 10_000
"""A life that no node has looked for, for this long, is over. Every claim stays for this much longer than it must."""

BEGINS: Final = "the replay store begins a new life"


@dataclass(frozen=True)
class Rules:
    """What holds for every shard, and must be the same on every node. ``patience_ms`` is this node's own."""

    now_ms: Callable[[], int]
    max_distance_ms: int
    tolerance_ms: int
    patience_ms: int

    def trusted_from_ms(self, life: Life) -> int:
        """Return the birthday: a node's clock may be so far from the opener's, and a request so far ahead of it."""
        return life.born_ms + AHEAD_MS + 2 * self.max_distance_ms - self.tolerance_ms


class Shard:
    """``life`` is what the register last said; ``since``, in monotonic seconds, it has been so at least."""

    def __init__(self, number: int, tag: str, rules: Rules) -> None:
        self.number = number
        self.life: Life | None = None
        self.since = 0.0
        self.link: Link | None = None
        self.problem = BEGINS
        self.trusted_from_ms = 0
        self.here_at: float | None = None
        """When the store last said that it has this life, in monotonic seconds."""
        self.missed = 0
        """How often since then it said that it has not."""
        self._tag = b"{%b}" % tag.encode()
        self._rules = rules
        self._batches: dict[str, Batch[Any]] = {}

    @property
    def mark(self) -> str:
        """The mark of the life; empty where there is none."""
        return self.life.mark if self.life else ""

    def see(self, life: Life | None, seen_at: float) -> None:
        """Take what the register says, which was read before ``seen_at``."""
        before, self.life = self.life, life
        if life == before:
            return
        if before is None or life is None or before.mark != life.mark:
            self.here_at, self.missed = None, 0
        elif before.state is life.state:
            return
        self.since = seen_at
        self.refuse(BEGINS)  # until the store has said that it has this life
        if life is not None and life.state is LifeState.OPEN:
            self.trusted_from_ms = self._rules.trusted_from_ms(life)

    def hold(self, here_at: float) -> None:
        """Take it that the store has the life, and make claims in it."""
        self.here_at, self.missed = here_at, 0
        if self.problem:
            self.refuse("")

    def refuse(self, problem: str) -> None:
        """Make no claims while there is a ``problem``. What is gathered goes under what it was gathered for."""
        self.problem = problem
        self._batches.clear()

    def lead(self, link: Link | None) -> None:
        """Take the link to the primary that there is now."""
        if link is not self.link:
            self.link = link
            self._batches.clear()

    def batch(self, asked: Asked[T], lost: Callable[[str], None]) -> Batch[T]:
        """Return the batch that the next one goes into. Raises StoreUnavailableError while the store has no life.

        ``lost`` is told when it turns out not to have it any more.
        """
        batch = self._batches.get(asked.script)
        if batch is not None and not batch.is_full:
            return batch
        if self.problem or self.link is None:
            raise StoreUnavailableError(f"the replay store cannot be used: {self.problem or 'there is no primary'}")
        where = Where(self.link.place, self.life_key, self._rules.now_ms, self._rules.max_distance_ms, lost)
        batch = self._batches[asked.script] = Batch(asked, where)
        self.link.put(batch)
        return batch

    @property
    def life_key(self) -> bytes:
        """The key that says that the life is here."""
        return self._tag + self.mark.encode()

    def claim_key(self, digest: bytes) -> bytes:
        """Return a claim's key in this life."""
        return self.life_key + digest

    def rate_key(self, digest: bytes) -> bytes:
        """Return the key of a window of a rate limit in this life; no claim has it."""
        return self.life_key + b"r" + digest
