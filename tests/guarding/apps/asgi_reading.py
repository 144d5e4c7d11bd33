"""An ASGI application behind a door that tells of bodies, believed by its address."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sealstamp.guarding.asgi_bodies import BodyCheckMiddleware
from tests.guarding.apps.reading import Reading

last = Reading()


async def read(request: Request) -> JSONResponse:
    global last  # one request at a time
    last = Reading()
    async for piece in request.stream():
        last.take(piece)
    return JSONResponse(last.end())


async def told(_request: Request) -> JSONResponse:
    return JSONResponse(last.told())


app = BodyCheckMiddleware(
    Starlette(routes=[Route("/healthz", told), Route("/{path:path}", read, methods=["GET", "PUT"])]),
    exempt=["/healthz"],
)
