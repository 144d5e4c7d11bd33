"""A WSGI application behind a door that tells of bodies, believed by its assertions alone."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from sealstamp.guarding import ToldBodies
from sealstamp.guarding.wsgi_bodies import BodyCheckMiddleware
from tests.guarding.apps.reading import Reading
from tests.server.doors.house import ASSERTION_KEY

app = Flask(__name__)
last = Reading()


@app.get("/healthz")
def told() -> dict[str, Any]:
    return last.told()


@app.route("/<path:path>", methods=["GET", "PUT"])
def read(path: str) -> dict[str, Any]:
    global last  # one request at a time
    last = Reading()
    while piece := request.stream.read(100_000):
        last.take(piece)
    return last.end()


app.wsgi_app = BodyCheckMiddleware(  # type: ignore[method-assign]
    app.wsgi_app, ToldBodies(assertion_key=ASSERTION_KEY, api="shop"), exempt=["/healthz"]
)
