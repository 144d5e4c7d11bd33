"""What the door asks of those who keep its decisions and count what keys use."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from sealstamp.core.verifier import BoundKey
from sealstamp.errors import Refusal
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.snapshot import AcceptedScheme
from sealstamp.keys.terms import Terms


class UsageLimiter(Protocol):
    """Says how much a key may be used. Times are Unix milliseconds."""

    def take(self, terms: Terms, now_ms: int) -> Awaitable[None] | None:
        """Count one request: at once, or by what is to be awaited.

        Raises RateLimitedError or QuotaExceededError, then or now; StoreUnavailableError where nobody can tell.
        """

    def give_back(self, terms: Terms, now_ms: int) -> None:
        """Take back what ``take`` counted at ``now_ms``."""


class DecisionRecords(Protocol):
    """Keeps decisions. ``took_ns`` is how long one took, in nanoseconds."""

    def accepted(
        self, accepted: AcceptedScheme, key: BoundKey, address: ClientAddress | None, now_ms: int, took_ns: int
    ) -> bool:
        """Keep an acceptance; tell whether the key was not used from this address just before."""

    def refused(
        self,
        accepted: AcceptedScheme,
        refusal: Refusal,
        address: ClientAddress | None,
        request_id: str,
        took_ns: int,
    ) -> None:
        """Keep a refusal."""
