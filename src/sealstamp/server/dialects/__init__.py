"""How proxies ask for decisions: one endpoint a dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from sealstamp.server.dialects.dialect import Dialect
from sealstamp.server.dialects.envoy import ENVOY
from sealstamp.server.dialects.forwarded import APISIX, CADDY, TRAEFIK
from sealstamp.server.dialects.original import NGINX, PLAIN

DECIDE: Final = b"/decide"
NO_BODY: Final = b"/no-body"
"""Behind an endpoint, where a proxy knows that the request has no body: then its signed digest can be checked."""
_ENDPOINTS: Final[Mapping[bytes, Dialect]] = {
    DECIDE: PLAIN,
    **{DECIDE + b"/" + each.name.encode(): each for each in (NGINX, TRAEFIK, CADDY, APISIX, ENVOY)},
}
DIALECTS: Final[Mapping[bytes, Dialect]] = MappingProxyType(
    {
        **_ENDPOINTS,
        # It stands in the path and in no header: those come from clients too.
        **{path + NO_BODY: replace(each, body=b"") for path, each in _ENDPOINTS.items() if not each.takes_rest},
    }
)
"""Every dialect by the path of its endpoint."""
_TAKE_REST: Final = tuple((path, each) for path, each in DIALECTS.items() if each.takes_rest)


def find_dialect(target: bytes) -> tuple[Dialect, bytes] | None:
    """Return the dialect of the endpoint at a raw target, and what stands behind its path; None where there is none.

    Caddy puts the query of the client's target behind its endpoint, where it says nothing.
    """
    dialect = DIALECTS.get(target) or DIALECTS.get(target.partition(b"?")[0])
    if dialect is not None:
        return dialect, b""
    for path, each in _TAKE_REST:
        if target.startswith(path + b"/"):
            return each, target[len(path) :]
    return None
