"""What gives the credential of each request, and asks for another one when that is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from sealstamp.core.credential import Credential
from sealstamp.errors import ConfigurationError

EARLY_MS: Final = 60_000
"""How long before its end a credential is replaced; half of its life at most."""
PAUSE_MS: Final = 5_000
"""How long after a failure, or after a refusal that changed nothing, the source is left alone."""


class Lease(NamedTuple):
    """A credential that is good until a time, in Unix milliseconds."""

    credential: Credential
    until_ms: int


Source = Callable[[], Credential | Lease]
"""Whatever returns a credential; it is called in one thread at a time, and may take its time."""


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class CredentialProvider:
    """Gives the credential of ``source``, which is asked once, when a lease is ending, and after a refusal.

    Any number of threads may use one. Whatever the source raises comes through, unless the credential that is known
    is still good. ``now_ms`` is the wall clock in Unix milliseconds.
    """

    def __init__(self, source: Source, *, now_ms: Callable[[], int] = _wall_ms) -> None:
        self._source = source
        self._now_ms = now_ms
        self._lock = Lock()
        self._kept: tuple[Credential, int | None] | None = None
        self._ask_at_ms: int | None = None
        self._pause_until_ms = 0

    def known(self) -> Credential | None:
        """Return the credential if the source need not be asked now: for event loops, which must not wait."""
        kept, ask_at_ms = self._kept, self._ask_at_ms
        if kept is None or (ask_at_ms is not None and self._now_ms() >= ask_at_ms):
            return None
        return kept[0]

    def current(self) -> Credential:
        """Return the credential to sign with now; the source may be asked, which may take its time."""
        known = self.known()
        if known is not None:
            return known
        with self._lock:
            return self.known() or self._ask()

    def renewed(self, refused: Credential) -> Credential | None:
        """Return another credential than the ``refused`` one if there is one by now, which the source is asked for.

        It is asked at most every PAUSE_MS, however many requests are refused.
        """
        with self._lock:
            kept = self._kept
            if kept is not None and kept[0] != refused:
                return kept[0]  # another thread was faster
            if self._now_ms() < self._pause_until_ms:
                return None
            self._pause_until_ms = self._now_ms() + PAUSE_MS
            credential = self._keep(self._source())
            return None if credential == refused else credential

    def _ask(self) -> Credential:
        try:
            return self._keep(self._source())
        except Exception:
            if self._kept is None or not self._is_good(self._kept[1]):
                raise
            self._ask_at_ms = self._now_ms() + PAUSE_MS
            return self._kept[0]

    def _is_good(self, until_ms: int | None) -> bool:
        return until_ms is None or self._now_ms() < until_ms

    def _keep(self, given: object) -> Credential:
        credential, until_ms = given if isinstance(given, Lease) else (given, None)
        if not isinstance(credential, Credential):
            problem = f"their source gave {type(credential).__name__}"
            raise ConfigurationError("credentials", problem, "it has to return a Credential, or a Lease of one")
        now_ms = self._now_ms()
        self._kept = (credential, until_ms)
        self._ask_at_ms = None if until_ms is None else until_ms - max(0, min(EARLY_MS, (until_ms - now_ms) // 2))
        return credential


def provider_of(given: Credential | Source | CredentialProvider) -> CredentialProvider:
    """Return a provider of whatever a program gave as its credential."""
    if isinstance(given, CredentialProvider):
        return given
    return CredentialProvider((lambda: given) if isinstance(given, Credential) else given)
