"""The headers that tell an upstream who called, and the removal of those a client made up."""

from __future__ import annotations

from collections.abc import Iterable

from sealstamp.core.verifier import Principal
from sealstamp.server.asserting import Asserter

PREFIX = b"x-sealstamp-"
CONSUMER, ACCESS_KEY_ID, SCHEME = b"x-sealstamp-consumer", b"x-sealstamp-access-key-id", b"x-sealstamp-scheme"
BODY, ASSERTION = b"x-sealstamp-body", b"x-sealstamp-assertion"
TOLD = (CONSUMER, ACCESS_KEY_ID, SCHEME, BODY, ASSERTION)
"""All that an upstream can be told."""
Headers = list[tuple[bytes, bytes]]


def identity_headers(principal: Principal, api: str, asserter: Asserter | None) -> Headers:
    """Return what the upstream of an API is told."""
    access_key_id, consumer, scheme = principal.encoded
    told = [(CONSUMER, consumer), (ACCESS_KEY_ID, access_key_id), (SCHEME, scheme)]
    if asserter is not None:
        told.append((ASSERTION, asserter.assertion(principal, api)))
    return told


def without_identity(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers without any that an upstream could take for ours, in whichever spelling.

    CGI, WSGI and PHP read ``X_Sealstamp_Consumer`` and ``X.Sealstamp.Consumer`` as ``X-Sealstamp-Consumer``.
    """
    return [(name, value) for name, value in headers if not _is_ours(name)]


def _is_ours(name: bytes) -> bool:
    return name[:1] in b"xX" and name.lower().replace(b"_", b"-").replace(b".", b"-").startswith(PREFIX)
