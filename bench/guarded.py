"""The applications of ``bench.middleware``: the same ones, guarded and not."""

from typing import Annotated, Any

from fastapi import FastAPI, Security
from flask import Flask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sealstamp import Principal
from sealstamp.guarding import Guard
from sealstamp.guarding.asgi import AccessKeyMiddleware
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.fastapi import AccessKeySecurity
from sealstamp.guarding.flask import AccessKeys
from sealstamp.guarding.store import open_guard

KEYS = {"bench": "a-secret-of-the-benchmark"}
SCHEME = "bbx"
"""HMAC-SHA1, a window, a nonce that passes once."""
API = "shop"
ANSWER = {"orders": [{"id": number, "item": "tea", "amount": 2 * number} for number in range(10)]}


async def _orders(_request: Request) -> JSONResponse:
    return JSONResponse(ANSWER)


def starlette_plain() -> Any:
    return Starlette(routes=[Route("/orders", _orders)])


def starlette_guarded() -> Any:
    return AccessKeyMiddleware(starlette_plain(), Guard(SCHEME, KEYS))


def starlette_stored() -> Any:
    return AccessKeyMiddleware(starlette_plain(), open_guard(API))


def fastapi_plain() -> Any:
    app = FastAPI()

    @app.get("/orders")
    async def orders() -> dict[str, list[dict[str, Any]]]:
        return ANSWER

    return app


def fastapi_guarded() -> Any:
    return AccessKeyMiddleware(fastapi_plain(), Guard(SCHEME, KEYS))


def fastapi_depending() -> Any:
    app, signed = FastAPI(), AccessKeySecurity(Guard(SCHEME, KEYS))

    @app.get("/orders")
    async def orders(caller: Annotated[Principal, Security(signed)]) -> dict[str, list[dict[str, Any]]]:
        return ANSWER

    return app


def flask_plain() -> Any:
    app = Flask(__name__)

    @app.get("/orders")
    def orders() -> Any:
        return ANSWER

    return app


def flask_guarded() -> Any:
    return _flask(Guard(SCHEME, KEYS))


def flask_stored() -> Any:
    return _flask(open_guard(API))


def _flask(guard: BaseGuard) -> Any:
    app = flask_plain()
    AccessKeys(guard, app)
    return app
