"""A Flask extension.

::

    access_keys = AccessKeys(Guard("bbx", keys), exempt=["/healthz"])
    access_keys.init_app(app)                   # every request to the application is verified

    @app.get("/orders")
    @access_keys.require("orders:read")
    def orders(): return g.access_key.consumer
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Final, TypeVar

from flask import Flask, Response, current_app, g, make_response, request

from sealstamp.errors import ConfigurationError
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.wsgi import PRINCIPAL, AccessKeyMiddleware
from sealstamp.server.answers import Answered

View = TypeVar("View", bound=Callable[..., Any])
EXTENSION: Final = "sealstamp"


class AccessKeys:
    """Guards Flask applications. ``g.access_key`` is the Principal who signed; None at an ``exempt`` path.

    Without a ``guard`` each application has its own, in ``app.config["SEALSTAMP_GUARD"]``. Raises ConfigurationError
    where there is none, and what AccessKeyMiddleware raises.
    """

    def __init__(
        self, guard: BaseGuard | None = None, app: Flask | None = None, *, exempt: Collection[str] = ()
    ) -> None:
        self._guard = guard
        self._exempt = exempt
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Guard an application."""
        guard = self._guard or app.config.get("SEALSTAMP_GUARD")
        if not isinstance(guard, BaseGuard):
            hint = 'give AccessKeys a Guard, or set app.config["SEALSTAMP_GUARD"] to one'
            raise ConfigurationError(f"Flask application {app.name}", "nothing guards it", hint)
        app.wsgi_app = AccessKeyMiddleware(app.wsgi_app, guard, exempt=self._exempt)  # type: ignore[method-assign]
        app.extensions[EXTENSION] = guard
        app.before_request(_take_over)

    def require(self, *scopes: str) -> Callable[[View], View]:
        """Refuse a view to keys that lack one of ``scopes``, and to who did not sign."""

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(*args: Any, **named: Any) -> Any:
                try:
                    current_app.extensions[EXTENSION].require(g.access_key, scopes)
                except Answered as done:
                    return _response(done)
                return current_app.ensure_sync(view)(*args, **named)

            return guarded  # type: ignore[return-value]  # it takes and gives what the view does

        return decorate


def _take_over() -> None:
    g.access_key = request.environ[PRINCIPAL]


def _response(done: Answered) -> Response:
    answer = done.answer
    response = make_response(answer.body, answer.status)
    response.headers.clear()
    response.headers.extend((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
    return response
