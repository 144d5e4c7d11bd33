"""Signing with urllib3.

::

    manager = SigningPoolManager(OriginSigner("https://api.example.com", "bbx", credential))
    manager.request("GET", "https://api.example.com/orders")

The pools sign, below redirects and retries: each sending of a request has a signature of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, HTTPSConnectionPool, PoolManager
from urllib3.util import SKIP_HEADER, Url, parse_url

from sealstamp.signing.bodies import as_bytes
from sealstamp.signing.signer import SERVER_TIME, OriginSigner


class SigningPoolManager(PoolManager):
    """A pool manager that signs requests to one origin, and lets all others pass unsigned."""

    def __init__(self, signer: OriginSigner, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        sign_pools(self, signer)


def sign_pools(manager: PoolManager, signer: OriginSigner) -> None:
    """Let a manager, a ``ProxyManager`` too, sign whatever its pools send to the origin; before it makes any pool."""
    manager.pool_classes_by_scheme = {
        "http": type("SigningHTTPConnectionPool", (_SigningPool, HTTPConnectionPool), {"signer": signer}),
        "https": type("SigningHTTPSConnectionPool", (_SigningPool, HTTPSConnectionPool), {"signer": signer}),
    }


class _Signed(HTTPHeaderDict):
    """Signed header fields, with what was there before: urllib3 hands them back when it sends a request again."""

    target = ""
    unsigned: tuple[str, Any, Any] = ("", None, None)

    def copy(self) -> _Signed:
        clone = _Signed(self)
        clone.target, clone.unsigned = self.target, self.unsigned
        return clone


class _SigningPool(HTTPConnectionPool):
    signer: OriginSigner

    def urlopen(
        self, method: str, url: str, body: Any = None, headers: Any = None, *more: Any, **named: Any
    ) -> BaseHTTPResponse:
        """Sign and send; what comes back to be sent again is signed anew."""
        if isinstance(headers, _Signed):
            before, body, given = headers.unsigned
            url, headers = before if url == headers.target else url, given
        place = parse_url(f"{self.scheme}://{_netloc(self)}{url}" if url.startswith("/") else url)
        if not self.signer.origin.is_of(place.scheme or "", place.host or "", place.port):
            return super().urlopen(method, url, body, headers, *more, **named)
        content = as_bytes(body, read=self.signer.reads_body)
        body = body if content is None else content or None
        unsigned = (url, body, self.headers if headers is None else headers)
        response = self._send_signed(method, unsigned, place, content, *more, **named)
        if content is not None and self.signer.heed(response.status, response.headers.get(SERVER_TIME)):
            response.drain_conn()
            response = self._send_signed(method, unsigned, place, content, *more, **named)
        return response

    def _send_signed(
        self, method: str, unsigned: tuple[str, Any, Any], place: Url, content: bytes | None, *more: Any, **named: Any
    ) -> BaseHTTPResponse:
        url, body, given = unsigned
        headers = _Signed(_lines(given))
        if content and not named.get("chunked"):
            headers.setdefault("Content-Length", str(len(content)))
        lines = [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value != SKIP_HEADER]
        signed = self.signer.sign(method, place.request_uri.encode(), lines, content)
        headers.update(dict(signed.headers))
        if signed.body is not None:
            body = signed.body
            headers["Content-Length"] = str(len(body))
        target = signed.target.decode()
        headers.target = target if url.startswith("/") else f"{place.scheme}://{place.netloc}{target}"
        headers.unsigned = unsigned
        return super().urlopen(method, headers.target, body, headers, *more, **named)


def _netloc(pool: HTTPConnectionPool) -> str:
    host = f"[{pool.host}]" if ":" in pool.host and not pool.host.startswith("[") else pool.host
    return f"{host}:{pool.port}" if pool.port else host


def _lines(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield _text(name), _text(value)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
