"""The gateway: passes an admitted request on to the API's upstream and the response back, as streams.

What may not pass: hop-by-hop fields (RFC 9110, section 7.6.1) and whatever ``Connection`` names; identity headers
that a client made up; upgrades. The target is passed on byte for byte, so that upstream sees what was verified.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import httpcore2

from sealstamp.core.request import Request
from sealstamp.keys.addresses import ClientAddress, client_address
from sealstamp.server.answers import REQUEST_ID, Answer, Answered, Headers, problem
from sealstamp.server.asgi import ClientGoneError, Receive, Scope, Send, announces_body, send_answer, stream_body
from sealstamp.server.bodies import BodyUnderCheck
from sealstamp.server.identity import without_identity
from sealstamp.server.logs import Log
from sealstamp.server.settings import Settings

_HOP_BY_HOP = frozenset(
    [
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
        b"expect",  # the server has answered it
    ]
)
_FORWARDED = frozenset([b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", REQUEST_ID])


class Gateway:
    """Speaks to upstreams over a pool of kept connections."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._log = log
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=settings.upstream_connections,
            keepalive_expiry=30.0,
        )
        connect_s, other_s = settings.upstream_connect_timeout / 1000, settings.upstream_timeout / 1000
        self._timeouts = {"connect": connect_s, "pool": connect_s, "read": other_s, "write": other_s}

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def forward(
        self,
        upstream: str,
        request: Request,
        told: Headers,
        body: BodyUnderCheck | None,
        request_id: str,
        address: ClientAddress | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Pass ``request``, which came from ``address``, on and its response back.

        An upstream that fails is answered with 502 or 504.

        A ``body`` under check that turns out wrong never becomes whole at the upstream.
        """
        origin = httpcore2.URL(upstream)
        url = httpcore2.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=request.target)
        headers = upstream_headers(request, told, request_id, address, scope)
        content, options = _content(request, body, receive), {"timeout": self._timeouts}
        started = False
        try:
            async with self._pool.stream(
                request.method, url, headers=headers, content=content, extensions=options
            ) as response:
                await _send_head(response, request_id, send)
                started = True
                await _send_body(response, send)
        except Answered as refused:
            await send_answer(send, refused.answer)
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            self._log.warning("upstream_failed", upstream=upstream, problem=type(error).__name__, request_id=request_id)
            if started:
                raise  # part of the response is out; only breaking the connection tells the client so
            await send_answer(send, _failure(error, request_id))
        except ClientGoneError:
            # The body may also have ended in bytes that are no chunk; then somebody is there to be told.
            self._log.debug("client_gone", request_id=request_id)
            await send_answer(send, problem(400, "body_incomplete", "the body ended before it was whole", request_id))


def _failure(error: Exception, request_id: str) -> Answer:
    if isinstance(error, httpcore2.TimeoutException):
        return problem(504, "upstream_timeout", "the API did not answer in time", request_id)
    if isinstance(error, httpcore2.LocalProtocolError):  # the server read it, but HTTP has no such target
        return problem(400, "bad_request", "the request cannot be passed on", request_id)
    return problem(502, "upstream_unavailable", "the API cannot be reached", request_id)


def upstream_headers(
    request: Request, told: Headers, request_id: str, address: ClientAddress | None, scope: Scope
) -> Headers:
    """Return the headers for the upstream: the client's, less what may not pass, plus who called as ``told``."""
    headers = [line for line in _end_to_end(request.headers) if line[0] not in _FORWARDED]
    headers = without_identity(headers)
    if _is_chunked(request):
        headers.append((b"transfer-encoding", b"chunked"))
    elif request.body and b"content-length" not in request.header_fields[0]:
        headers.append((b"content-length", b"%d" % len(request.body)))
    client = scope.get("client")
    if client:
        headers.append((b"x-forwarded-for", _forwarded_for(client[0], address)))
    headers.append((b"x-forwarded-host", request.authority))
    headers.append((b"x-forwarded-proto", request.scheme))
    headers.append((REQUEST_ID, request_id.encode()))
    return headers + told


def _forwarded_for(peer: str, address: ClientAddress | None) -> bytes:
    """Return whom the request comes from, and behind it the peer, where that is a proxy that told."""
    through = address is not None and address.number != getattr(client_address(peer), "number", None)
    return (f"{address.text}, {peer}" if address is not None and through else peer).encode()


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    lines = [(name.lower(), value) for name, value in headers]
    named = {token.strip().lower() for name, value in lines if name == b"connection" for token in value.split(b",")}
    return [line for line in lines if line[0] not in _HOP_BY_HOP and line[0] not in named]


def _is_chunked(request: Request) -> bool:
    fields = request.header_fields[0]
    return b"transfer-encoding" in fields and b"content-length" not in fields


def _content(request: Request, body: BodyUnderCheck | None, receive: Receive) -> AsyncIterator[bytes] | bytes | None:
    if request.body is not None or not announces_body(request):
        return request.body
    return stream_body(receive) if body is None else body.through(stream_body(receive))


async def _send_head(response: httpcore2.Response, request_id: str, send: Send) -> None:
    headers = [line for line in _end_to_end(response.headers) if line[0] != REQUEST_ID]
    headers.append((REQUEST_ID, request_id.encode()))
    try:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
    except RuntimeError:  # the server's word for a header that HTTP does not allow
        raise httpcore2.RemoteProtocolError("the response's head cannot be passed on") from None


async def _send_body(response: httpcore2.Response, send: Send) -> None:
    async for piece in response.aiter_stream():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    with suppress(OSError):
        await send({"type": "http.response.body", "body": b""})
