"""Assertions for upstreams, written anew every few seconds and not for every request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sealstamp.core.assertion import Assertion, AssertionSigner
from sealstamp.core.verifier import Principal
from sealstamp.errors import ConfigurationError

_MOST_KEPT: Final = 10_000
_PLACE = "setting assertion_key_file"


class Asserter:
    """Asserts who called. ``now_ms`` is the wall clock in Unix milliseconds.

    An assertion is shown for the first half of its ``lifetime_ms``, so that one that is shown is good for a while.
    """

    def __init__(self, signer: AssertionSigner, now_ms: Callable[[], int], lifetime_ms: int) -> None:
        self._signer = signer
        self._now_ms = now_ms
        self._lifetime_ms = lifetime_ms
        self._kept: dict[tuple[tuple[bytes, bytes, bytes], str], tuple[int, bytes]] = {}

    def assertion(self, principal: Principal, api: str) -> bytes:
        """Return the token for an API's upstream."""
        now_ms = self._now_ms()
        who = principal.encoded, api
        until_ms, token = self._kept.get(who, (0, b""))
        if until_ms <= now_ms:
            token = self._write(principal, api, now_ms)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[who] = now_ms + self._lifetime_ms // 2, token
        return token

    def _write(self, principal: Principal, api: str, now_ms: int) -> bytes:
        expires_s = -(-(now_ms + self._lifetime_ms) // 1000)
        return self._signer.write(
            Assertion(principal.consumer, principal.access_key_id, principal.scheme, api, now_ms // 1000, expires_s)
        )


def open_asserter(path: Path | None, now_ms: Callable[[], int], lifetime_ms: int) -> Asserter | None:
    """Return what asserts with the key in a file; None where there is to be none. Raises ConfigurationError."""
    if path is None:
        return None
    try:
        key = path.read_bytes()
    except OSError as error:
        hint = "give a file that the service may read, such as one that openssl rand -base64 32 writes"
        raise ConfigurationError(_PLACE, f"{path} cannot be read: {error.strerror}", hint) from None
    try:
        return Asserter(AssertionSigner(key), now_ms, lifetime_ms)
    except ConfigurationError as error:
        raise ConfigurationError(_PLACE, f"{path}: {error.problem}", error.hint) from None
