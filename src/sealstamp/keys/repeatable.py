"""Answers that may be asked for again: kept sealed, for there may be a secret in them that is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One answer. ``claim`` is a digest of who asked, and of the key they gave the request."""

    claim: bytes
    sealed: bytes = field(repr=False)


def owner_of(claim: bytes) -> str:
    """Return what an answer is sealed for."""
    return f"answer {claim.hex()}"


class RepeatableStore(Protocol):
    """Keeps such answers until they expire."""

    def list_repeatable(self, after: bytes, limit: int) -> Sequence[Repeatable]:
        """Return answers by claim: at most ``limit`` of those behind ``after``."""

    def seal_repeatable_anew(self, claim: bytes, sealed: bytes) -> None:
        """Keep an answer's sealed form in place of the one before."""
