"""A Falcon application inside the middleware."""

from __future__ import annotations

import falcon

from sealstamp.guarding.wsgi import AccessKeyMiddleware
from tests.guarding.apps.telling import EXEMPT, told
from tests.guarding.keys import wsgi_guard


def echo(request: falcon.Request, response: falcon.Response) -> None:
    environ = request.env
    body = request.bounded_stream.read()
    target = environ.get("RAW_URI") or environ["REQUEST_URI"]
    response.media = told(environ["sealstamp"], target.encode("latin-1"), body)


falcon_app = falcon.App()
falcon_app.add_sink(echo)
app = AccessKeyMiddleware(falcon_app, wsgi_guard(), exempt=EXEMPT)
