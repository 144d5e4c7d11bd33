"""One request, signed and sent on, and its answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import httpcore2

from sealstamp.signing.origin import Origin
from sealstamp.signing.signer import SERVER_TIME, OriginSigner

Lines = list[tuple[bytes, bytes]]
Body = bytes | AsyncIterator[bytes]
CONNECT_S: Final = 10.0
READ_S: Final = 300.0
_HOP_BY_HOP: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade expect".split()
)


class Forwarder:
    """Sends signed requests to one origin over kept connections; ``trust`` says whose certificates are believed."""

    def __init__(self, signer: OriginSigner, trust: ssl.SSLContext | None = None) -> None:
        self.signer = signer
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust or ssl.create_default_context(), max_connections=100, keepalive_expiry=30.0
        )
        self._timeouts = {"connect": CONNECT_S, "pool": CONNECT_S, "read": READ_S, "write": READ_S}

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def send(self, method: bytes, target: bytes, headers: Lines, body: Body) -> AsyncIterator[httpcore2.Response]:
        """Sign and send; a body in memory is sent once more where that helps. The answer is open within the block.

        Raises SigningError, what the credential's source raises, and httpcore2's errors.
        """
        signer = self.signer
        if not signer.is_prepared:
            await asyncio.to_thread(signer.prepare)
        lines = [
            (b"host", signer.origin.authority.encode()),
            *(line for line in end_to_end(headers) if line[0] != b"host"),
        ]
        async with self._stream(method, target, lines, body) as response:
            if not isinstance(body, bytes) or not await self._heed(response):
                yield response
                return
            await response.aread()
        async with self._stream(method, target, lines, body) as response:
            yield response

    @asynccontextmanager
    async def _stream(
        self, method: bytes, target: bytes, lines: Lines, body: Body
    ) -> AsyncIterator[httpcore2.Response]:
        signer, content = self.signer, body
        signed = signer.sign(method.decode("ascii"), target, lines, body if isinstance(body, bytes) else None)
        names = {name.lower().encode() for name, _ in signed.headers}
        headers = [line for line in lines if line[0].lower() not in names]
        headers += [(name.encode(), value.encode()) for name, value in signed.headers]
        if signed.body is not None:
            content = signed.body
            headers = [line for line in headers if line[0].lower() != b"content-length"]
        if isinstance(content, bytes) and content and all(name.lower() != b"content-length" for name, _ in headers):
            headers.append((b"content-length", b"%d" % len(content)))
        origin = signer.origin
        url = httpcore2.URL(
            scheme=origin.scheme.encode(), host=origin.host.encode(), port=origin.port, target=signed.target
        )
        if not isinstance(content, bytes) and all(name.lower() != b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        async with self._pool.stream(
            method, url, headers=headers, content=content or None, extensions={"timeout": self._timeouts}
        ) as response:
            yield response

    async def _heed(self, response: httpcore2.Response) -> bool:
        told = next((value for name, value in response.headers if name.lower() == SERVER_TIME.encode()), None)
        text = None if told is None else told.decode("latin-1")
        return await asyncio.to_thread(self.signer.heed, response.status, text)


def end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Lines:
    """Return the fields that are not for the next hop alone (RFC 9110, section 7.6.1)."""
    lines = list(headers)
    named = {
        token.strip().lower() for name, value in lines if name.lower() == b"connection" for token in value.split(b",")
    }
    dropped = _HOP_BY_HOP | named
    return [line for line in lines if line[0].lower() not in dropped]


def answer_headers(origin: Origin, response: httpcore2.Response) -> Lines:
    """Return an answer's fields; a redirect within the origin is one within this port."""
    own = str(origin).encode()
    lines = end_to_end(response.headers)
    return [
        (name, value.removeprefix(own) or b"/")
        if name.lower() == b"location" and value.startswith((own + b"/", own + b"?"))
        else (name, value)
        for name, value in lines
    ]
