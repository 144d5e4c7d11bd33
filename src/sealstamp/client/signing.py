"""Signing calls of the management API with an operator key."""

from __future__ import annotations

import secrets
from typing import Final

from sealstamp.client.wanted import Wanted
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme

PARAMETERS: Final = {"region": "main", "service": "management"}
_OWN: Final = ("x-sealstamp-content-sha256", "x-sealstamp-date", "x-sealstamp-nonce")


class CallSigner:
    """Signs calls to one host; ``host`` has the port, where the URL has."""

    def __init__(self, credential: Credential, host: str) -> None:
        self._signer = Signer(get_scheme("sealstamp", PARAMETERS), credential)
        self._host = host

    def headers(self, wanted: Wanted[object], now_ms: int) -> dict[str, str]:
        """Return every header of a call that is made at ``now_ms``: also those that it acts upon are signed."""
        given = {"host": self._host, **wanted.headers}
        lines = [(name.encode(), value.encode()) for name, value in given.items()]
        request = Request(wanted.method.encode(), wanted.target.encode(), lines, body=wanted.body)
        listed = ";".join(sorted([*given, *_OWN]))
        signed = self._signer.sign(
            request, time_ms=now_ms, nonce=secrets.token_hex(16), values={"signed_headers": listed}
        )
        return {**given, **signed.headers}
