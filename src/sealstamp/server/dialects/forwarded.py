"""Traefik ForwardAuth, Caddy ``forward_auth`` and APISIX forward-auth: ``X-Forwarded-Method``, ``-Uri`` and ``-Host``.

All three ask with GET, overwrite these headers, and pass a refusal on to the client as it is.
"""

from __future__ import annotations

from sealstamp.server.dialects.dialect import Described, Dialect, Values, require

METHOD, TARGET, HOST = b"x-forwarded-method", b"x-forwarded-uri", b"x-forwarded-host"
SCHEME = b"x-forwarded-proto"


def describe(_method: bytes, _rest: bytes, values: Values) -> Described:
    """Read the ``X-Forwarded`` headers; the Host header is this service's own with some proxies."""
    method, target, host = require(values, METHOD, TARGET, HOST)
    return Described(method, target, values.get(SCHEME, b"http"), host)


_DESCRIBING = frozenset([METHOD, TARGET, HOST, SCHEME])
TRAEFIK = Dialect("traefik", _DESCRIBING, describe)
CADDY = Dialect("caddy", _DESCRIBING, describe)
APISIX = Dialect("apisix", _DESCRIBING, describe)
