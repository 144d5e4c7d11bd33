"""A Quart application with the middleware where Quart wants it."""

from __future__ import annotations

from typing import Any

from quart import Quart, request

from sealstamp.guarding.asgi import AccessKeyMiddleware
from tests.guarding.apps.telling import EXEMPT, told_by_scope
from tests.guarding.keys import guard

app = Quart(__name__)


@app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
@app.route("/<path:path>", methods=["GET", "POST"])
async def echo(path: str) -> Any:
    return told_by_scope(request.scope, await request.get_data())


app.asgi_app = AccessKeyMiddleware(app.asgi_app, guard(), exempt=EXEMPT)  # type: ignore[method-assign]
