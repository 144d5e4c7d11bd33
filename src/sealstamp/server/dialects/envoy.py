"""Envoy ``ext_authz`` over HTTP: the client's own method, and its target behind ``/decide/envoy``.

Envoy passes on what is answered with 200 and nothing else, and gives any other answer to the client. Of the client's
headers it sends only those that its configuration allows.
"""

from __future__ import annotations

from sealstamp.server.dialects.dialect import BadDescriptionError, Described, Dialect, Values
from sealstamp.server.dialects.forwarded import SCHEME


def describe(method: bytes, rest: bytes, values: Values) -> Described:
    """Take the request for what it is about."""
    if not rest:
        raise BadDescriptionError("the client's target must stand behind /decide/envoy: set path_prefix")
    return Described(method, rest, values.get(SCHEME, b"http"))


ENVOY = Dialect("envoy", frozenset([SCHEME]), describe, takes_rest=True, allowed=200)
