"""What signing with httpx and with httpx2 has in common: all but whose classes they are.

A library's own classes come in by inheritance: its module joins each class here with the one of its own that it is.
``library`` is the module. Both are typed alike and not the same, so what passes through here is ``Any``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Any

from sealstamp.errors import ConfigurationError, SigningError
from sealstamp.signing.beside import kept_lines, lines_of
from sealstamp.signing.flow import flow, has_learnt, has_learnt_meanwhile, is_home, may_repeat, prepare, step_meanwhile
from sealstamp.signing.signer import OriginSigner, Signed


class Auth:
    """Signs requests to one origin; ``headers_type`` and ``body_type`` are what leaves redirects unsigned."""

    library: Any
    headers_type: type[Any]
    body_type: type[Any]

    def __init__(self, signer: OriginSigner) -> None:
        self.signer = signer
        _check_that_copies_are_unsigned(self.library, self.headers_type)

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Sign, and sign anew what is sent again."""
        if self.signer.reads_body:
            request.read()
        return flow(self, request)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Sign, and sign anew what is sent again."""
        if self.signer.reads_body:
            await request.aread()
        steps = flow(self, request)
        sent = await step_meanwhile(self.signer, steps, None)
        while sent is not None:
            response = yield sent
            sent = await step_meanwhile(self.signer, steps, response)

    def signed(self, request: Any) -> Any:
        """Return a signed copy, of which what signs is not copied further."""
        sent, signed = _signed(self.library, self.signer, request)
        sent.headers = self.headers_type(request.headers, signed.headers)
        if signed.body is not None:
            sent.headers["Content-Length"] = str(len(signed.body))
            sent.stream = self.body_type(signed.body)
        return sent


class AnyTransport:
    """Signs what goes to one origin through another transport."""

    library: Any

    def __init__(self, signer: OriginSigner, transport: Any) -> None:
        self._signer = signer
        self._transport = transport

    def _to_send(self, request: Any) -> Any:
        sent, signed = _signed(self.library, self._signer, request)
        sent.headers = self.library.Headers(kept_lines(request.headers, signed.headers) + lines_of(signed.headers))
        if signed.body is not None:
            sent.headers["Content-Length"] = str(len(signed.body))
            sent.stream = self.library.ByteStream(signed.body)
        return sent


class Transport(AnyTransport):
    """A transport that blocks."""

    def handle_request(self, request: Any) -> Any:
        """Sign and send."""
        if not is_home(self._signer, request):
            return self._transport.handle_request(request)
        if self._signer.reads_body:
            request.read()
        response = self._transport.handle_request(self._to_send(request))
        if may_repeat(request) and has_learnt(self._signer, response):
            response.close()
            response = self._transport.handle_request(self._to_send(request))
        return response

    def close(self) -> None:
        """Close the other transport."""
        self._transport.close()


class AsyncTransport(AnyTransport):
    """A transport that is awaited."""

    async def handle_async_request(self, request: Any) -> Any:
        """Sign and send."""
        if not is_home(self._signer, request):
            return await self._transport.handle_async_request(request)
        if self._signer.reads_body:
            await request.aread()
        await prepare(self._signer)
        response = await self._transport.handle_async_request(self._to_send(request))
        if may_repeat(request) and await has_learnt_meanwhile(self._signer, response):
            await response.aclose()
            response = await self._transport.handle_async_request(self._to_send(request))
        return response

    async def aclose(self) -> None:
        """Close the other transport."""
        await self._transport.aclose()


def _signed(library: Any, signer: OriginSigner, request: Any) -> tuple[Any, Signed]:
    """Return a copy of a request with the target that is signed, and what else there is to change."""
    url = request.url
    target = url.raw_path
    body = request.content if may_repeat(request) else None
    signed = signer.sign(request.method, target, request.headers.raw, body)
    if signed.target != target:
        url = url.copy_with(raw_path=signed.target)
        if url.raw_path != signed.target:
            raise SigningError(f"{library.__name__} would send another URL than is signed")
    return library.Request(request.method, url, stream=request.stream, extensions=request.extensions), signed


def _check_that_copies_are_unsigned(library: Any, headers_type: type[Any]) -> None:
    """Raise ConfigurationError where a version of the library copies header fields in another way."""
    if "x-signature" in library.Headers(headers_type(library.Headers(), [("x-signature", "")])):
        problem = "this version would send signatures where a redirect leads"
        raise ConfigurationError(library.__name__, problem, "take another")


class Once:
    """A body with a signature in it: a redirect must not carry it elsewhere, so it is sent once."""

    library: Any

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    def _take(self) -> bytes:
        body, self._body = self._body, None
        if body is None:
            raise self.library.StreamConsumed
        return body

    def __iter__(self) -> Iterator[bytes]:
        yield self._take()

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        yield self._take()
