"""A guarded Starlette application, with a WebSocket."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from sealstamp.guarding.asgi import AccessKeyMiddleware
from tests.guarding.apps.telling import EXEMPT, told_by_scope
from tests.guarding.keys import guard


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(told_by_scope(request.scope, await request.body()))


async def chat(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(told_by_scope(websocket.scope, b""))
    await websocket.close()


app = Starlette(
    routes=[WebSocketRoute("/chat", chat), Route("/{path:path}", echo, methods=["GET", "POST"])],
    middleware=[Middleware(AccessKeyMiddleware, guard=guard(), exempt=EXEMPT)],
)
