"""What an application is told of decisions, and how it counts what its keys use: both in its own process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from threading import Lock
from typing import Any, Final

import msgspec

from sealstamp.core.verifier import BoundKey
from sealstamp.errors import RateLimitedError, Reason, Refusal
from sealstamp.guarding.keys import LOG
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.limits import RateLimit, SlidingWindows
from sealstamp.keys.snapshot import AcceptedScheme
from sealstamp.keys.terms import Terms
from sealstamp.keys.throttling import FailureThrottle

MAX_LIMITED: Final = 100_000
"""So many keys with a rate limit are counted at once; the one that came first is forgotten first."""


class ApplicationLog:
    """Tells what the service would write to its log to the logger ``sealstamp.guarding``: an event and its facts."""

    def debug(self, event: str, **facts: Any) -> None:
        """Tell what only a developer wants to know."""
        _tell(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Tell what happened."""
        _tell(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Tell what somebody should look at."""
        _tell(logging.WARNING, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Tell what does not work."""
        _tell(logging.ERROR, event, facts)


def _tell(level: int, event: str, facts: Mapping[str, Any]) -> None:
    if LOG.isEnabledFor(level):  # as JSON, so that no fact can look like another line
        LOG.log(level, "%s %s", event, msgspec.json.encode(facts, enc_hook=str).decode())


class LoggedDecisions:
    """Writes a line for each refusal to the logger ``sealstamp.guarding``, with the request id of its answer."""

    def accepted(
        self, _accepted: AcceptedScheme, _key: BoundKey, _address: ClientAddress | None, _now_ms: int, _took_ns: int
    ) -> bool:
        """Keep nothing; say that the address should be remembered for the key."""
        return True

    def refused(
        self,
        accepted: AcceptedScheme,
        refusal: Refusal,
        address: ClientAddress | None,
        request_id: str,
        _took_ns: int,
    ) -> None:
        """Write the line."""
        tell = LOG.error if refusal.reason is Reason.STORE_UNAVAILABLE else LOG.info
        tell(
            "refused: %s, %s (api %s, scheme %s, address %s, request id %s)",
            refusal.reason.value,
            refusal,
            accepted.api.name,
            accepted.verifier.scheme.name,
            address and address.text,
            request_id,
        )


class OwnLimits:
    """Counts each key's requests in this process, whichever threads they come to."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(MAX_LIMITED)
        self._lock = Lock()

    def take(self, terms: Terms, now_ms: int) -> Awaitable[None] | None:
        """Count one request. Raises RateLimitedError."""
        if terms.rate is None:
            return None
        with self._lock:
            wait_ms = self._windows.hit(terms.name, terms.rate, now_ms)
        if wait_ms:
            amount, per_ms = terms.rate
            detail = f"access key {terms.name} made more than {amount} requests in {per_ms // 1000} s"
            raise RateLimitedError(wait_ms, detail, limit="rate", amount=amount, per_ms=per_ms)
        return None

    def give_back(self, terms: Terms, _now_ms: int) -> None:
        """Take back what was counted."""
        with self._lock:
            self._windows.give_back(terms.name)


class OwnThrottle(FailureThrottle):
    """Slows down who fails, as counted in this process."""

    def __init__(self, from_address: RateLimit, for_key: RateLimit, under_attack: RateLimit) -> None:
        super().__init__(from_address, for_key, under_attack)
        self._lock = Lock()

    def failed(self, source: str, access_key_id: bytes, now_ms: int) -> None:
        """Count a wrong signature, or one for a key that does not exist."""
        with self._lock:
            super().failed(source, access_key_id, now_ms)

    def succeeded(self, source: str, access_key_id: bytes, now_ms: int) -> None:
        """Remember that the key was used rightly from there."""
        with self._lock:
            super().succeeded(source, access_key_id, now_ms)

    def wait_ms(self, source: str, access_key_id: bytes, now_ms: int) -> int:
        """Return how long this address has to wait before it may try this key; 0 is not at all."""
        with self._lock:
            return super().wait_ms(source, access_key_id, now_ms) if self.is_failing(source) else 0
