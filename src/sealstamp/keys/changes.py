"""What has changed in a store since somebody looked, so that only that is read again."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a change is about."""

    ACCESS_KEY = "access_key"
    """The key with an id: made, changed or deleted."""
    CONSUMER = "consumer"
    """The consumer with a name; one below a changed one has changed too."""
    API = "api"
    """The API with a name; of a deleted one, its keys have lost it."""
    OPERATOR = "operator"
    """The operator with a name."""
    ALL = "all"
    """Whatever there is."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is no longer as it was. It has a ``name`` unless it is ALL."""

    kind: Kind
    name: str = ""


EVERYTHING = Change(Kind.ALL)


@dataclass(frozen=True, slots=True)
class News:
    """The store's present epoch, and what has changed since the one that somebody knew."""

    epoch: int
    changes: AbstractSet[Change] = frozenset()

    def names(self, kind: Kind) -> set[str]:
        """Return the names of what has changed of this kind."""
        return {change.name for change in self.changes if change.kind is kind}
