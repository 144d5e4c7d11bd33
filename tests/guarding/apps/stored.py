"""An ASGI and a WSGI application that guard themselves with a store; each answer tells the process that gave it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sealstamp.guarding.asgi import AccessKeyMiddleware as AsgiMiddleware
from sealstamp.guarding.store import open_guard
from sealstamp.guarding.wsgi import AccessKeyMiddleware, Environ, StartResponse
from tests.guarding.apps.telling import EXEMPT, target_of, told

logging.basicConfig(level=logging.INFO)
guard = open_guard("shop")


async def echo(request: Request) -> JSONResponse:
    answer = told(request.scope["sealstamp"], target_of(request.scope), await request.body())
    return JSONResponse(answer)


asgi = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])
asgi.add_middleware(AsgiMiddleware, guard=guard, exempt=EXEMPT)


def _echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    answer = told(environ["sealstamp"], environ["RAW_URI"].encode("latin-1"), environ["wsgi.input"].read())
    start_response("200 OK", [("content-type", "application/json")])
    return [json.dumps(answer).encode()]


_guarded = AccessKeyMiddleware(_echo, guard, exempt=EXEMPT)


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Tell the process in every answer, refusals too."""

    def start(status: str, lines: list[tuple[str, str]]) -> Any:
        return start_response(status, [*lines, ("x-process", str(os.getpid()))])

    return _guarded(environ, start)
