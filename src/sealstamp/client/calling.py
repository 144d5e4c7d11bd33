"""What both clients have in common: where calls go, how they are signed, and when one is sent again."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import urlsplit

from sealstamp.client.answers import AGAIN
from sealstamp.client.signing import CallSigner
from sealstamp.client.wanted import Wanted
from sealstamp.core.credential import Credential, Secret
from sealstamp.errors import ConfigurationError

PAUSES_S: Final = (0.2, 0.8)
"""Seconds to wait before the second and the third attempt."""


class Calling:
    """Signs calls, and knows how far this clock is from the service's."""

    def __init__(self, server: str, access_key_id: str, secret: Secret | str) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ConfigurationError(
                "server", "it is not the URL of a service", "write https://host or http://host:port"
            )
        self.origin = f"{parts.scheme}://{parts.netloc}"
        plain = secret if isinstance(secret, Secret) else Secret(secret)
        self._signer = CallSigner(Credential(access_key_id, plain), parts.netloc)
        self._ahead_ms = 0

    def sendable(self, wanted: Wanted[Any]) -> dict[str, Any]:
        """Return a signed call, as httpx takes it; each time with a new nonce."""
        headers = self._signer.headers(wanted, time.time_ns() // 1_000_000 + self._ahead_ms)
        return {
            "method": wanted.method,
            "url": self.origin + wanted.target,
            "headers": headers,
            "content": wanted.body or None,
        }

    def set_clock(self, server_time_ms: int) -> None:
        """Sign by the service's clock from now on."""
        self._ahead_ms = server_time_ms - time.time_ns() // 1_000_000


def pause_after(wanted: Wanted[Any], attempt: int, status: int | None, *, was_sent: bool = True) -> float | None:
    """Return the seconds to wait before the next attempt, None for no other.

    ``status`` is None where no answer came. What may have arrived is sent again only if that changes nothing.
    """
    if attempt >= len(PAUSES_S) or (was_sent and not wanted.may_repeat):
        return None
    return PAUSES_S[attempt] if status is None or status in AGAIN else None
