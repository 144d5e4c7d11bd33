"""The middleware at its edges: what no signature test shows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sealstamp import Request
from sealstamp.guarding.asgi import AccessKeyMiddleware
from tests.guarding.apps.starlettes import app
from tests.guarding.calling import call, scope_of
from tests.guarding.keys import MAX_BODY, guard, signed
from tests.guarding.serving import outcome

UNSIGNED = Request(b"GET", b"/healthz", [(b"host", b"api.test")], scheme=b"http")


def test_an_exempt_path_is_open_to_the_letter() -> None:
    """Neither another spelling of it, nor what is below it, nor what a server may have made of another target."""
    assert call(app, UNSIGNED).json()["access_key_id"] is None
    for target in (b"/healthz/", b"/%68ealthz", b"/healthz/../orders", b"//healthz"):
        assert call(app, Request(b"GET", target, UNSIGNED.headers)).status == 401, target
    assert call(app, UNSIGNED, raw_path=b"/orders").status == 401
    assert call(app, UNSIGNED, path="/orders").status == 401


def test_a_server_that_hides_the_raw_target_is_refused() -> None:
    """What was signed cannot be known, and is not guessed."""
    answer = call(app, signed("/orders"), raw_path=None)
    assert outcome(answer) == (500, "raw_target_missing")
    assert b"uvicorn" in answer.body


def test_a_body_that_nobody_signs_passes_as_it_comes() -> None:
    """The application reads it from the server, piece by piece, however large it is."""
    pieces = [{"type": "http.request", "body": b"x" * MAX_BODY, "more_body": more} for more in (True, True, False)]
    seen: list[Any] = []

    async def application(_scope: Any, receive: Any, _send: Any) -> None:
        seen.extend([await receive() for _ in range(3)])

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(_message: Any) -> None:
        raise AssertionError

    request = signed(scheme="taurusx", method="POST", body=b"x")
    asyncio.run(AccessKeyMiddleware(application, guard())(scope_of(request), receive, send))
    assert len(seen) == 3
    assert not pieces


def test_a_body_in_many_pieces_is_verified_before_the_application_has_any() -> None:
    """Nothing of it is given on when it is too large in the end, whatever its length was said to be."""
    reached: list[str] = []

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        reached.append((await receive())["body"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def send_pieces(body: bytes, size: int) -> int:
        request = signed(method="POST", body=body)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        messages.append({"type": "http.request", "body": b"", "more_body": False})
        statuses = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            statuses.append(message.get("status"))

        scope = scope_of(request)
        lines = [line for line in scope["headers"] if line[0] != b"content-length"]
        scope["headers"] = [*lines, (b"transfer-encoding", b"chunked")]
        asyncio.run(AccessKeyMiddleware(application, guard())(scope, receive, send))
        return int(statuses[0])

    assert send_pieces(b"abc" * 100, 7) == 200
    assert reached == ["abc" * 100]
    assert send_pieces(b"abc" * 1_000, 7) == 413
    assert len(reached) == 1


def test_a_lifespan_passes() -> None:
    """The application starts and stops as without the middleware."""
    kinds: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        kinds.append(scope["type"])

    asyncio.run(AccessKeyMiddleware(application, guard())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert kinds == ["lifespan"]


@pytest.mark.parametrize("extension", [True, False])
def test_a_websocket_is_refused_before_it_is_one(extension: bool) -> None:
    """With the answer, where the server can give one; else closed."""
    messages = [{"type": "websocket.connect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    extensions = {"websocket.http.response": {}} if extension else {}
    scope = scope_of(UNSIGNED, "websocket", scheme="ws", extensions=extensions, path="/chat", raw_path=b"/chat")
    asyncio.run(app(scope, receive, send))
    if extension:
        assert [sent[0]["type"], sent[0]["status"]] == ["websocket.http.response.start", 401]
        assert b"missing_credentials" in sent[1]["body"]
    else:
        assert sent == [{"type": "websocket.close", "code": 1008, "reason": "missing_credentials"}]
