"""Bodies as requests and urllib3 take them: bytes, texts, files and iterables."""

from __future__ import annotations

from typing import Any


def as_bytes(body: Any, *, read: bool) -> bytes | None:
    """Return a body's bytes; of a stream only if it is to be ``read``, else None. No body is the empty one."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if not read:
        return None
    whole = body.read() if hasattr(body, "read") else b"".join(map(_encoded, body))
    return _encoded(whole)


def _encoded(piece: Any) -> bytes:
    return piece.encode() if isinstance(piece, str) else bytes(piece)
