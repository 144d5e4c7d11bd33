"""Signing with aiohttp, from version 3.12.4.

::

    signer = OriginSigner("https://api.example.com", "bbx", credential)
    aiohttp.ClientSession(middlewares=[SigningMiddleware(signer)])
"""

from __future__ import annotations

import asyncio

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.payload import BytesPayload, Payload
from yarl import URL

from sealstamp.errors import SigningError
from sealstamp.signing.signer import REFUSED, SERVER_TIME, OriginSigner

_WITH_BODY = frozenset(["PATCH", "POST", "PUT"])


class SigningMiddleware:
    """Signs requests to one origin, redirects too; everything else passes unsigned.

    Put it last in the list: what others change after it is not signed. Raises SigningError for a body that aiohttp is
    to compress, where the scheme signs the body.
    """

    def __init__(self, signer: OriginSigner) -> None:
        self._signer = signer

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Sign and send."""
        url, signer = request.url, self._signer
        if not signer.origin.is_of(url.scheme, url.host or "", url.port):
            return await handler(request)
        if not signer.is_prepared:
            await asyncio.to_thread(signer.prepare)
        content = await self._content(request)
        if request.method in _WITH_BODY:  # aiohttp would add it after the signature
            request.headers.setdefault("Content-Type", "application/octet-stream")
        response = await self._send_signed(request, handler, content)
        if content is not None and await self._heed(response):
            await response.read()
            response = await self._send_signed(request, handler, content)
        return response

    async def _content(self, request: ClientRequest) -> bytes | None:
        """Return the body's bytes; of a stream only where they are signed, and then they are what is sent."""
        body = request.body
        if not isinstance(body, Payload):
            return b""
        if not self._signer.reads_body:
            return await body.as_bytes() if isinstance(body, BytesPayload) and not request.compress else None
        if request.compress:
            raise SigningError("aiohttp compresses the body after it is signed; compress it before")
        content = await body.as_bytes()
        if not isinstance(body, BytesPayload):
            request.chunked = None
            request.headers.popall("Transfer-Encoding", None)
            await request.update_body(content)
        return content

    async def _send_signed(
        self, request: ClientRequest, handler: ClientHandlerType, content: bytes | None
    ) -> ClientResponse:
        """Send the request signed; afterwards it is as it was, for whoever sends it again."""
        url, headers = request.url, request.headers.copy()
        target = url.raw_path_qs.encode()
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        signed = self._signer.sign(request.method, target, lines, content)
        request.headers.update(signed.headers)
        if signed.target != target:
            request.url = _with_target(url, signed.target.decode())
        if signed.body is not None:
            await request.update_body(signed.body)
        try:
            return await handler(request)
        finally:
            if signed.body is not None:
                await request.update_body(content)
            request.url, request.headers = url, headers

    async def _heed(self, response: ClientResponse) -> bool:
        told = response.headers.get(SERVER_TIME)
        if response.status in REFUSED and told is None:
            return await asyncio.to_thread(self._signer.heed, response.status, None)
        return self._signer.heed(response.status, told)


def _with_target(url: URL, target: str) -> URL:
    made = URL(f"{url.scheme}://{url.raw_authority}{target}", encoded=True)
    if made.raw_path_qs != target:
        raise SigningError("aiohttp would send another URL than is signed")
    return made
