"""Calls an application in this process, as a server would."""

from __future__ import annotations

import asyncio
from io import BytesIO, StringIO
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


def environ_of(request: Request, **more: Any) -> dict[str, Any]:
    lines = {
        f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode("latin-1") for name, value in request.headers
    }
    return {
        "REQUEST_METHOD": request.method.decode(),
        "PATH_INFO": request.path.decode(),
        "QUERY_STRING": request.query.decode(),
        "RAW_URI": request.target.decode(),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body or b""),
        **lines,
        **more,
    }


def call_wsgi(app: Any, request: Request) -> Answer:
    """Return what a WSGI application answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    environ = environ_of(request, SERVER_NAME="api.test", SERVER_PORT="80", SERVER_PROTOCOL="HTTP/1.1")
    environ["wsgi.errors"] = StringIO()
    body = b"".join(app(environ, lambda status, lines, _error=None: started.append((status, lines))))
    status, lines = started[-1]
    return Answer(int(status.split(" ")[0]), tuple((name.lower(), value) for name, value in lines), body)
