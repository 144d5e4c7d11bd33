"""Middleware for ASGI applications: Starlette, FastAPI, Litestar, Quart.

::

    app = AccessKeyMiddleware(app, Guard("bbx", keys))                  # around any application
    app.add_middleware(AccessKeyMiddleware, guard=Guard("bbx", keys))    # Starlette and FastAPI

What comes to the application was verified; who signed is in ``scope["sealstamp"]``, a Principal.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from typing import Any, Final

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError, SealstampError
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.deciding import Admitted
from sealstamp.guarding.refusing import refuse, too_large
from sealstamp.server.answers import Answered, new_request_id, refusal_answer
from sealstamp.server.asgi import (
    Application,
    BodyTooLargeError,
    ClientGoneError,
    Message,
    RawTargetMissingError,
    Receive,
    Scope,
    Send,
    announces_body,
    read_body,
    send_answer,
    target_of,
)

PRINCIPAL: Final = "sealstamp"
"""Where a scope has who signed: a Principal; None at an exempt path, or where nobody has to."""
GUARD: Final = "sealstamp.guard"
"""Where a scope has the Guard that said so."""
_POLICY_VIOLATION: Final = 1008
_LONGEST_LENGTH: Final = 20
_WEB: Final = {"ws": "http", "wss": "https"}


class AccessKeyMiddleware:
    """Lets through what a Guard admits, WebSockets too. ``exempt`` are whole paths that are open, such as ``/healthz``.

    What a guard needs beside the requests runs within the application's lifespan. Where a server does not tell the
    target as it was received, every request is refused.
    """

    def __init__(self, app: Application, guard: BaseGuard, *, exempt: Collection[str] = ()) -> None:
        self._app = app
        self._guard = guard
        self._exempt = frozenset(exempt)
        self._exempt_raw = frozenset(path.encode() for path in exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have the application do it."""
        kind = scope["type"]
        if kind == "lifespan":
            await live(self._guard, self._app, scope, receive, send)
            return
        if scope.get("raw_path") in self._exempt_raw and scope.get("path") in self._exempt:
            scope[PRINCIPAL] = None
            await self._app(scope, receive, send)
            return
        try:
            principal, body = await admit(self._guard, scope, receive)
        except ClientGoneError:
            return
        except Answered as done:
            await (_deny if kind == "websocket" else _answer)(scope, receive, send, done)
            return
        scope[PRINCIPAL], scope[GUARD] = principal, self._guard
        await self._app(scope, receive if body is None or kind == "websocket" else _again(body, receive), send)


async def live(guard: BaseGuard, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Run an application's lifespan inside its guard's, which ends before the server is told that all is done."""
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(guard.lifespan())
        except SealstampError as error:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return

        async def tell(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                await stack.aclose()
            await send(message)

        await app(scope, receive, tell)


async def admit(guard: BaseGuard, scope: Scope, receive: Receive) -> Admitted:
    """Return who signed a request, and its body where that had to be read. Raises Answered, ClientGoneError."""

    async def read(limit: int) -> bytes:
        check_length(scope, limit)
        try:
            return await read_body(receive, limit)
        except BodyTooLargeError:
            raise too_large(limit) from None

    return await guard.admit(request_of(scope), scope.get("client"), read)


def request_of(scope: Scope) -> Request:
    """Return a request as it was received; its body only where none is to come. Raises Answered."""
    is_http = scope["type"] == "http"
    scheme: str = scope.get("scheme", "http")
    try:
        request = Request(
            scope["method"].encode() if is_http else b"GET",
            target_of(scope),
            scope["headers"],
            scheme=_WEB.get(scheme, scheme).encode(),
        )
    except MalformedCredentialsError as refusal:
        raise Answered(refusal_answer(refusal, None, new_request_id(), 0), refusal.public_reason) from None
    except RawTargetMissingError:
        title = "this server hides the raw target; use granian, uvicorn or hypercorn"
        raise refuse(500, "raw_target_missing", title) from None
    if not is_http or (scope.get("http_version", "") in ("1.0", "1.1") and not announces_body(request)):
        request.body = b""
    return request


def check_length(scope: Scope, limit: int) -> None:
    """Raise Answered for a body that is announced to be too large. Where nothing can be read, what comes is counted."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if told.isdigit() and int(told[:_LONGEST_LENGTH]) > limit:
        raise too_large(limit)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives a body which was read, and then what comes after it."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


async def _answer(_scope: Scope, _receive: Receive, send: Send, done: Answered) -> None:
    await send_answer(send, done.answer)


async def _deny(scope: Scope, receive: Receive, send: Send, done: Answered) -> None:
    """Refuse a WebSocket before it is one: with the whole answer where the server can, else with its 403."""
    await receive()
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": done.reason})
        return
    answer: Any = done.answer
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
