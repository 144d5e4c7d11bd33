"""The lives of a replay store that many machines share.

A store that answers over a network can forget: it is emptied, starts anew from an old copy, or a replica that lacks the
last writes takes its place. Every time it may have, it begins a new **life**, with a birthday of its own, and what was
accepted in an earlier life is refused by that birthday. Which life it is now, is kept in the key store, so that all
nodes agree on it.

**From one life to the next** is a matter of time. A node may go on accepting in a life for as long as it trusts what it
last read from the key store: its patience. So whoever finds that a life is lost writes down the next one as *waiting*;
only when every node must have read that, or must have lost its patience, is the next life *opened*, by one node alone,
and only then may anything be accepted in it. So there is never a moment at which one node accepts in one life and
another node in another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class LifeState(StrEnum):
    """How far a life has come."""

    WAITING = "waiting"
    """Nothing is accepted until every node knows that the life before is over."""
    OPENING = "opening"
    """One node makes the store ready, and only it; if it does not finish, there will be another life."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Life:
    """A life of one of the ``shards`` parts of a replay store. Its ``mark`` is random, and never used twice.

    ``born_ms`` is Unix milliseconds, 0 before it opens. ``wait_ms`` is how long it must wait before it may open;
    ``patience_ms`` is the longest patience of any node that accepts in it.
    """

    shard: int
    shards: int
    mark: str
    state: LifeState
    born_ms: int
    wait_ms: int
    patience_ms: int

    def follow(self, mark: str) -> Life:
        """Return the life after this one, which waits until nobody accepts in this one."""
        return replace(self, mark=mark, state=LifeState.WAITING, born_ms=0, wait_ms=self._wait_of_next())

    def _wait_of_next(self) -> int:
        """Nobody accepts in a life that was never open; but some may still accept in the one before it."""
        return self.patience_ms if self.state is LifeState.OPEN else max(self.wait_ms, self.patience_ms)
