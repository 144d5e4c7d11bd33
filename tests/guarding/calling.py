"""Calls an ASGI application in this process, as a server would."""

from __future__ import annotations

import asyncio
from typing import Any

from sealstamp import Request
from tests.server.service import Answer


def scope_of(request: Request, kind: str = "http", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method.decode(),
        "scheme": "http",
        "path": request.path.decode("latin-1"),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers]
        + ([(b"content-length", b"%d" % len(request.body))] if request.body else []),
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 80),
        **more,
    }


def call(app: Any, request: Request, *, cut: bool = False, **more: Any) -> Answer:
    """Return what the application answers; with ``cut``, the client goes away in the middle of its body."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": request.body or b"", "more_body": cut}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope_of(request, **more), receive, send))
    if not sent:
        return Answer(0, ())
    lines = tuple((name.decode().lower(), value.decode()) for name, value in sent[0].get("headers", ()))
    return Answer(sent[0]["status"], lines, b"".join(one.get("body", b"") for one in sent[1:]))
