"""Which requests are let through to be signed.

Whoever can reach the port can have requests signed, and a browser reaches it for any page. So a request must name this
port in its Host header, which no page of another host can have it do however names resolve (DNS rebinding), and must
not say that a page of another site sends it (Fetch Metadata; the Origin header).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError
from sealstamp.signing.origin import Origin

_OF_PAGES = (b"origin", b"referer")
_OWN_SITE = (b"none", b"same-origin")


class Refused(Exception):  # noqa: N818  # not an error: whoever asked is told
    """A request is not sent on. ``status`` is HTTP, the text for whoever sent it."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


class Gate(Record):
    """``hosts`` are what the Host header may say, none for anything; ``pages`` whose pages may send requests."""

    origin: Origin
    hosts: Collection[bytes]
    pages: Collection[bytes]

    def target(self, method: bytes, target: bytes, headers: Mapping[bytes, bytes]) -> bytes:
        """Return path and query to send on. Raises Refused for what is not for this port, or sent by a page."""
        if method == b"CONNECT":
            raise Refused(405, "what passes through a tunnel cannot be signed; call this port itself")
        if not target.startswith(b"/"):
            target = self._within(target)
        elif self.hosts and headers.get(b"host", b"").lower() not in self.hosts:
            raise Refused(421, "the Host header does not name this port")
        self._check_page(headers)
        return target

    def passing(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return the fields to send on: to the API, a page of this port would be one of another site."""
        return [
            (name, value)
            for name, value in headers
            if not name.startswith(b"sec-fetch-") and (name not in _OF_PAGES or value in self.pages)
        ]

    def _within(self, target: bytes) -> bytes:
        """Return path and query of an absolute URL, which a client sends that takes this for its proxy."""
        try:
            url = target.decode("ascii")
            is_own = Origin.of(url) == self.origin
        except (UnicodeDecodeError, ConfigurationError):
            raise Refused(400, "the request's target is not a path") from None
        if not is_own:
            raise Refused(403, f"this port signs for {self.origin} alone")
        rest = url.partition("://")[2]
        start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        path = rest[start:] or "/"
        return (path if path.startswith("/") else "/" + path).encode()

    def _check_page(self, headers: Mapping[bytes, bytes]) -> None:
        page = headers.get(b"origin")
        if page is not None and page in self.pages:
            return
        is_strange = page is not None and page.partition(b"://")[2].lower() not in self.hosts
        if is_strange or headers.get(b"sec-fetch-site", b"none") not in _OWN_SITE:
            raise Refused(403, "a page of another site sent this; allow its origin if you trust it")
