"""A Litestar application inside the middleware."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, route

from sealstamp.guarding.asgi import AccessKeyMiddleware
from tests.guarding.apps.telling import EXEMPT, told_by_scope
from tests.guarding.keys import guard


@route(["/", "/{path:path}"], http_method=["GET", "POST"], status_code=200)
async def echo(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return told_by_scope(request.scope, await request.body())


app = AccessKeyMiddleware(Litestar([echo]), guard(), exempt=EXEMPT)
