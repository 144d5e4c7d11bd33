"""What every guarded application of these tests answers: what came to it, and from whom."""

from __future__ import annotations

import hashlib
from typing import Any

from sealstamp import Principal

EXEMPT = ("/healthz",)


def told(principal: Principal | None, target: bytes, body: bytes) -> dict[str, Any]:
    return {
        "access_key_id": principal and principal.access_key_id,
        "consumer": principal and principal.consumer,
        "target": target.decode("latin-1"),
        "body": hashlib.sha256(body).hexdigest(),
    }


def told_by_scope(scope: Any, body: bytes) -> dict[str, Any]:
    """The same from an ASGI scope that the middleware has passed on."""
    return told(scope["sealstamp"], target_of(scope), body)


def target_of(scope: Any) -> bytes:
    query: bytes = scope["query_string"]
    raw_path: bytes = scope["raw_path"]
    return raw_path + b"?" + query if query else raw_path
