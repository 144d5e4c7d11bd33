"""Middleware for ASGI applications behind a door that sees no bodies: it compares them with what the door told.

::

    app = BodyCheckMiddleware(app)                                      # around any application
    app.add_middleware(BodyCheckMiddleware, told=ToldBodies(…))          # Starlette and FastAPI
"""

from __future__ import annotations

from collections.abc import Collection

from sealstamp.guarding.told import ASSERTION, BODY, BodyAsTold, ToldBodies
from sealstamp.server.answers import Answered
from sealstamp.server.asgi import Application, Message, Receive, Scope, Send, send_answer


class BodyCheckMiddleware:
    """Gives an application bodies piece by piece, the last piece of those alone that are as the door told.

    Where one is not, reading it raises DigestMismatchError in the application, and the client gets the refusal in place
    of whatever the application would answer; if that has begun, the error goes on to the server, which breaks it off.
    ``exempt`` are whole paths that are asked for from elsewhere too, such as ``/healthz``. WebSockets, which have no
    body, pass.
    """

    def __init__(self, app: Application, told: ToldBodies | None = None, *, exempt: Collection[str] = ()) -> None:
        self._app = app
        self._told = told or ToldBodies()
        self._exempt = frozenset(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have the application do it."""
        if scope["type"] != "http" or self._is_exempt(scope):
            await self._app(scope, receive, send)
            return
        try:
            body = self._begin(scope)
        except Answered as done:
            await send_answer(send, done.answer)
            return
        if body is None:
            await self._app(scope, receive, send)
        else:
            await self._exchange(scope, body, receive, send)

    def _is_exempt(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path in self._exempt and scope.get("raw_path") in (None, path.encode())

    def _begin(self, scope: Scope) -> BodyAsTold | None:
        body = self._told.begin(scope.get("client"), _value(scope, BODY), _value(scope, ASSERTION))
        if body is not None and _has_none(scope):
            body.has_none()
        return body

    async def _exchange(self, scope: Scope, body: BodyAsTold, receive: Receive, send: Send) -> None:
        exchange = _Exchange(body, receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            if not exchange.is_refused:
                raise


class _Exchange:
    """One request and its answer, as an application has them."""

    def __init__(self, body: BodyAsTold, receive: Receive, send: Send) -> None:
        self._body = body
        self._receive = receive
        self._send = send
        self._is_whole = False
        self._has_begun = False
        self.is_refused = False
        """Whether the client has the refusal; nothing that the application sends then goes anywhere."""

    async def receive(self) -> Message:
        """Give the next of what came. Raises DigestMismatchError, ComponentNotCoveredError."""
        self._body.check()
        while not self._is_whole:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            if (given := await self._checked(message)) is not None:
                return given
        return await self._receive()

    async def _checked(self, message: Message) -> Message | None:
        """Return what may be given of the body by now, or None if that is nothing."""
        more = message.get("more_body", False)
        try:
            ready = self._body.update(message.get("body", b""))
            if not more:
                ready += self._body.finish()
        except Exception:
            await self._refuse()
            raise
        self._is_whole = not more
        return {"type": "http.request", "body": ready, "more_body": more} if ready or not more else None

    async def _refuse(self) -> None:
        if not self._has_begun and self._body.refused is not None:
            self.is_refused = True
            await send_answer(self._send, self._body.refused.answer)

    async def send(self, message: Message) -> None:
        """Send what the application does. Raises DigestMismatchError where it has not minded that its body is wrong."""
        if self.is_refused:
            return
        self._body.check()
        self._has_begun = True
        await self._send(message)


def _value(scope: Scope, wanted: bytes) -> str:
    return ",".join([value.decode("latin-1") for name, value in scope["headers"] if name == wanted])


def _has_none(scope: Scope) -> bool:
    """Tell whether a request surely has no body; over HTTP/2 nobody knows before it ends."""
    if scope.get("http_version") not in ("1.0", "1.1"):
        return False
    return all(
        (name != b"content-length" or value == b"0") and name != b"transfer-encoding"
        for name, value in scope["headers"]
    )
