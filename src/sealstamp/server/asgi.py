"""The little of ASGI that the service uses, with names and types."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from sealstamp.core.request import Request
from sealstamp.server.answers import Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Life = Callable[[Receive, Send], Awaitable[None]]


class ClientGoneError(Exception):
    """The client went away before its body was whole."""


class BodyTooLargeError(Exception):
    """The body is larger than what may be held in memory."""


class RawTargetMissingError(Exception):
    """The server does not tell the target as it was received; what was signed cannot be known."""


def request_of(scope: Scope, body: bytes | None = None) -> Request:
    """Return the request as received. Raises RawTargetMissingError; MalformedCredentialsError for too many headers."""
    return Request(
        scope["method"].encode(), target_of(scope), scope["headers"], scheme=scope["scheme"].encode(), body=body
    )


def target_of(scope: Scope) -> bytes:
    """Return the target as received. Raises RawTargetMissingError."""
    raw_path: bytes | None = scope.get("raw_path")
    query: bytes = scope["query_string"]
    if raw_path is None:
        raise RawTargetMissingError
    return raw_path + b"?" + query if query else raw_path


def announces_body(request: Request) -> bool:
    """Tell whether a body follows the request's head (RFC 9112, section 6.3)."""
    fields = request.header_fields[0]
    return b"content-length" in fields or b"transfer-encoding" in fields


async def stream_body(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it arrives. Raises ClientGoneError."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        more = message.get("more_body", False)
        if message.get("body"):
            yield message["body"]


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body of at most ``limit`` bytes. Raises BodyTooLargeError, ClientGoneError."""
    pieces, size = [], 0
    async for piece in stream_body(receive):
        size += len(piece)
        if size > limit:
            raise BodyTooLargeError
        pieces.append(piece)
    return b"".join(pieces)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})
