"""Signing with httpx2.

::

    signer = OriginSigner("https://api.example.com", "bbx", credential)
    httpx2.Client(auth=SigningAuth(signer))                                  # sync, or AsyncClient
    httpx2.Client(transport=SigningTransport(signer, httpx2.HTTPTransport()))  # every redirect is signed as it is sent
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, ItemsView, Iterator, KeysView, Sequence, ValuesView
from typing import Any

import httpx2

from sealstamp.errors import ConfigurationError, SigningError
from sealstamp.signing.flow import flow, has_learnt, has_learnt_meanwhile, is_home, may_repeat, prepare, step_meanwhile
from sealstamp.signing.signer import OriginSigner, Signed


class SigningAuth(httpx2.Auth):
    """Signs requests to one origin; refuses to sign for another, with SigningError.

    Nothing that signs is in what a redirect is made of, so none of it reaches another origin. Within the origin a
    redirected request is sent unsigned first, and signed if that was refused; ``SigningTransport`` spares that.
    """

    def __init__(self, signer: OriginSigner) -> None:
        self.signer = signer
        _check_that_copies_are_unsigned()

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Sign, and sign anew what is sent again."""
        if self.signer.reads_body:
            request.read()
        return flow(self, request)

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Sign, and sign anew what is sent again."""
        if self.signer.reads_body:
            await request.aread()
        steps = flow(self, request)
        sent = await step_meanwhile(self.signer, steps, None)
        while sent is not None:
            response = yield sent
            sent = await step_meanwhile(self.signer, steps, response)

    def signed(self, request: httpx2.Request) -> httpx2.Request:
        """Return a signed copy, of which what signs is not copied further."""
        sent, signed = _signed(self.signer, request)
        sent.headers = _SignedHeaders(request.headers, signed.headers)
        if signed.body is not None:
            sent.headers["Content-Length"] = str(len(signed.body))
            sent.stream = _Once(signed.body)
        return sent


class SigningTransport(httpx2.BaseTransport):
    """Signs what goes to one origin through another transport, each time it goes; everything else passes unsigned."""

    def __init__(self, signer: OriginSigner, transport: httpx2.BaseTransport | None = None) -> None:
        self._signer = signer
        self._transport = transport or httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sign and send."""
        if not is_home(self._signer, request):
            return self._transport.handle_request(request)
        if self._signer.reads_body:
            request.read()
        response = self._transport.handle_request(_to_send(self._signer, request))
        if may_repeat(request) and has_learnt(self._signer, response):
            response.close()
            response = self._transport.handle_request(_to_send(self._signer, request))
        return response

    def close(self) -> None:
        """Close the other transport."""
        self._transport.close()


class AsyncSigningTransport(httpx2.AsyncBaseTransport):
    """The same for ``AsyncClient``."""

    def __init__(self, signer: OriginSigner, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._signer = signer
        self._transport = transport or httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sign and send."""
        if not is_home(self._signer, request):
            return await self._transport.handle_async_request(request)
        if self._signer.reads_body:
            await request.aread()
        await prepare(self._signer)
        response = await self._transport.handle_async_request(_to_send(self._signer, request))
        if may_repeat(request) and await has_learnt_meanwhile(self._signer, response):
            await response.aclose()
            response = await self._transport.handle_async_request(_to_send(self._signer, request))
        return response

    async def aclose(self) -> None:
        """Close the other transport."""
        await self._transport.aclose()


def _to_send(signer: OriginSigner, request: httpx2.Request) -> httpx2.Request:
    """Return a signed copy for a transport."""
    sent, signed = _signed(signer, request)
    sent.headers = _SignedHeaders(request.headers, signed.headers)
    if signed.body is not None:
        sent.headers["Content-Length"] = str(len(signed.body))
        sent.stream = httpx2.ByteStream(signed.body)
    return sent


def _signed(signer: OriginSigner, request: httpx2.Request) -> tuple[httpx2.Request, Signed]:
    """Return a copy of a request with the target that is signed, and what else there is to change."""
    target = request.url.raw_path
    body = request.content if may_repeat(request) else None
    signed = signer.sign(request.method, target, request.headers.raw, body)
    url = request.url
    if signed.target != target:
        url = url.copy_with(raw_path=signed.target)
        if url.raw_path != signed.target:
            raise SigningError("httpx2 would send another URL than is signed")
    return httpx2.Request(request.method, url, stream=request.stream, extensions=request.extensions), signed


class _SignedHeaders(httpx2.Headers):
    """Header fields whose copies, such as those of a redirect, are without what signs: that is beside them."""

    def __init__(self, unsigned: httpx2.Headers, signed: Sequence[tuple[str, str]]) -> None:
        super().__init__(unsigned)
        lines = unsigned.raw
        names = {name.lower().encode() for name, _ in signed}
        kept = [line for line in lines if line[0].lower() not in names]
        if len(kept) != len(lines):
            super().__init__(kept)
        self._whole = httpx2.Headers(kept + [(name.encode(), value.encode()) for name, value in signed])

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        return self._whole.raw

    def keys(self) -> KeysView[str]:
        return self._whole.keys()

    def values(self) -> ValuesView[str]:
        return self._whole.values()

    def items(self) -> ItemsView[str, str]:
        return self._whole.items()

    def multi_items(self) -> list[tuple[str, str]]:
        return self._whole.multi_items()

    def get_list(self, key: str, split_commas: bool = False) -> list[str]:
        return self._whole.get_list(key, split_commas)

    def update(self, headers: Any = None) -> None:  # type: ignore[override]
        super().update(headers)
        self._whole.update(headers)

    def __getitem__(self, key: str) -> str:
        return self._whole[key]

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        self._whole[key] = value

    def __delitem__(self, key: str) -> None:
        if super().__contains__(key):
            super().__delitem__(key)
        del self._whole[key]

    def __contains__(self, key: object) -> bool:
        return key in self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


def _check_that_copies_are_unsigned() -> None:
    """Raise ConfigurationError where a version of the library copies header fields in another way."""
    if "x-signature" in httpx2.Headers(_SignedHeaders(httpx2.Headers(), [("x-signature", "")])):
        raise ConfigurationError("httpx2", "this version would send signatures where a redirect leads", "take another")


class _Once(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body with a signature in it: a redirect must not carry it elsewhere, so it is sent once."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    def _take(self) -> bytes:
        body, self._body = self._body, None
        if body is None:
            raise httpx2.StreamConsumed
        return body

    def __iter__(self) -> Iterator[bytes]:
        yield self._take()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        yield self._take()
