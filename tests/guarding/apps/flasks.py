"""A Flask application with the extension."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request

from sealstamp.guarding.flask import AccessKeys
from tests.guarding.apps.telling import EXEMPT, told
from tests.guarding.keys import wsgi_guard

access_keys = AccessKeys(exempt=EXEMPT)
app = Flask(__name__)
app.config["SEALSTAMP_GUARD"] = wsgi_guard()
access_keys.init_app(app)


@app.get("/scoped")
@access_keys.require("orders:write")
def scoped() -> str:
    return str(g.access_key.access_key_id)


@app.post("/form")
def form() -> str:
    return f"{g.access_key.access_key_id}: {request.form['item']}"


@app.before_request
def echo() -> Any:
    """Answer every other path, also those that Flask would not route."""
    if request.path in ("/scoped", "/form"):
        return None
    return told(g.access_key, request.environ["RAW_URI"].encode("latin-1"), request.get_data())
