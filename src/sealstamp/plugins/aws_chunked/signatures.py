"""The signature of a chunk: made from the chunk and the signature before it, the first from the request's own."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from sealstamp.core.scheme import Scheme

EMPTY: Final = sha256(b"").hexdigest().encode()
"""The digest of no bytes, in hexadecimal: that of the last chunk."""


def signing_key(scheme: Scheme, secret: bytes, day: bytes) -> bytes:
    """Return the key of one day, region and service, as ``[sign]`` says it."""
    key = b"AWS4" + secret
    for part in (day, scheme.parameters["region"].encode(), scheme.parameters["service"].encode(), b"aws4_request"):
        key = hmac.digest(key, part, "sha256")
    return key


class Chain:
    """The signatures of one body, each made from the one before; ``seed`` is that of the request's head."""

    __slots__ = ("_key", "_last", "_when")

    def __init__(self, key: bytes, timestamp: bytes, scope: bytes, seed: bytes) -> None:
        self._key = key
        self._when = timestamp + b"\n" + scope
        self._last = seed

    def chunk(self, digest: bytes) -> bytes:
        """Sign the next chunk by its SHA-256 in hexadecimal."""
        return self._next(b"AWS4-HMAC-SHA256-PAYLOAD", EMPTY + b"\n" + digest)

    def trailer(self, fields: dict[bytes, bytes]) -> bytes:
        """Sign the fields behind the last chunk, in the order in which they are sent."""
        text = b"".join(b"%b:%b\n" % field for field in fields.items())
        return self._next(b"AWS4-HMAC-SHA256-TRAILER", sha256(text).hexdigest().encode())

    def _next(self, algorithm: bytes, end: bytes) -> bytes:
        text = b"\n".join([algorithm, self._when, self._last, end])
        self._last = hmac.digest(self._key, text, "sha256").hex().encode()
        return self._last
