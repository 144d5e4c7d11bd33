"""Middleware for WSGI applications: Flask, Falcon, Django and others, behind gunicorn, uWSGI or mod_wsgi.

::

    app = AccessKeyMiddleware(app, Guard("bbx", keys))

What comes to the application was verified; who signed is in ``environ["sealstamp"]``, a Principal.

WSGI tells less than came. Header names arrive with ``_`` for ``-``: gunicorn and werkzeug drop those that had ``_``
themselves, so a scheme that needs one is refused here. Fields that came twice arrive as one, joined by a comma, and so
match no signature. The raw target is no part of WSGI; servers that do not tell it beside are refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable
from http import HTTPStatus
from io import BytesIO
from types import FrameType
from typing import Any, Final

from sealstamp.core.places import Where
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.errors import ConfigurationError, MalformedCredentialsError
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.deciding import Admitted
from sealstamp.guarding.refusing import refuse, too_large
from sealstamp.server.answers import Answered, new_request_id, refusal_answer

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

PRINCIPAL: Final = "sealstamp"
"""Where an environ has who signed: a Principal; None at an exempt path, or where nobody has to."""
GUARD: Final = "sealstamp.guard"
"""Where an environ has the Guard that said so."""
_RAW: Final = ("RAW_URI", "REQUEST_URI")
"""Where gunicorn, and uWSGI, mod_wsgi and werkzeug, tell the target as it was received."""
_LONGEST_LENGTH: Final = 20
_REMEDY: Final = "serve with gunicorn, mod_wsgi or uWSGI; granian tells the raw target over ASGI alone"


class AccessKeyMiddleware:
    """Lets through what a Guard admits. ``exempt`` are whole paths that are open, such as ``/healthz``.

    Raises ConfigurationError in a process in which granian serves WSGI, or uWSGI over HTTP, and for a scheme that needs
    a header whose name WSGI cannot tell.
    """

    def __init__(self, app: Application, guard: BaseGuard, *, exempt: Collection[str] = ()) -> None:
        check_server()
        check_headers(guard.schemes)
        self._app = app
        self._guard = guard
        self._exempt = frozenset(exempt)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or have the application do it."""
        try:
            if self._is_exempt(environ):
                environ[PRINCIPAL] = None
            else:
                environ[PRINCIPAL], body = admit(self._guard, environ)
                environ[GUARD] = self._guard
                if body is not None:
                    _give_again(environ, body)
        except Answered as done:
            return answer_with(done, start_response)
        return self._app(environ, start_response)

    def _is_exempt(self, environ: Environ) -> bool:
        path = target_of(environ).partition(b"?")[0].decode("latin-1")
        return path in self._exempt and environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") == path


def answer_with(done: Answered, start_response: StartResponse, exc_info: Any = None) -> Iterable[bytes]:
    """Answer a request. With ``exc_info`` in place of what was begun; where that has gone out, the server raises it."""
    answer = done.answer
    lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    lines.append(("content-length", str(len(answer.body))))
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", lines, *([exc_info] if exc_info else []))
    return [answer.body]


def admit(guard: BaseGuard, environ: Environ) -> Admitted:
    """Return who signed a request, and its body where that had to be read. Raises Answered."""
    request = request_of(environ)
    return guard.admit_blocking(request, (environ.get("REMOTE_ADDR", ""),), lambda limit: _read(environ, limit))


def request_of(environ: Environ) -> Request:
    """Return a request as it was received; its body only where none is to come. Raises Answered."""
    lines = [
        (name[5:].replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in _OF_CGI
    ]
    lines += [(line, environ[name].encode("latin-1")) for name, line in _LINES if environ.get(name)]
    has_body = bool(environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING"))
    try:
        return Request(
            environ["REQUEST_METHOD"].encode("latin-1"),
            target_of(environ),
            lines,
            scheme=environ["wsgi.url_scheme"].encode(),
            body=None if has_body else b"",
        )
    except MalformedCredentialsError as refusal:
        raise Answered(refusal_answer(refusal, None, new_request_id(), 0), refusal.public_reason) from None


_LINES: Final = (("CONTENT_TYPE", b"content-type"), ("CONTENT_LENGTH", b"content-length"))
_OF_CGI: Final = frozenset({"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"})
"""Not what these two headers came as: CGI has other names for them, and somebody sent these with underscores."""


def target_of(environ: Environ) -> bytes:
    """Return the target as it was received. Raises Answered where nobody tells it."""
    raw: Any = next((environ[name] for name in _RAW if environ.get(name)), None)
    if raw is None or str(environ.get("SERVER_SOFTWARE", "")).startswith("Granian"):
        raise refuse(500, "raw_target_missing", f"this server hides the raw target; {_REMEDY}")
    target = raw.encode("latin-1", "replace")
    if not target.startswith(b"/"):
        raise refuse(400, "malformed_target", "the request's target is not a path")
    return bytes(target)


def check_server() -> None:
    """Raise ConfigurationError in a process in which granian serves WSGI, or uWSGI, asked over HTTP.

    Both give ``X_Real_IP`` as ``X-Real-IP``, so anybody could pretend to be a proxy; and granian hides the raw target.
    """
    if _is_granian():
        problem = "granian hides the raw target from WSGI applications, and folds underscores in header names"
        raise ConfigurationError("guarded WSGI application", problem, _REMEDY)
    if _is_uwsgi_asked_over_http():
        hint = "have nginx ask it by uwsgi_pass, over a --socket, or serve with gunicorn or mod_wsgi"
        raise ConfigurationError("guarded WSGI application", "uWSGI's HTTP folds underscores in header names", hint)


def _is_granian() -> bool:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # granian says nowhere else what it serves
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("granian."):
            target: Any = frame.f_locals.get("target")
            if getattr(target, "__name__", "") == "_spawn_wsgi_worker":
                return True
        frame = frame.f_back
    return False


def _is_uwsgi_asked_over_http() -> bool:
    options: Any = getattr(sys.modules.get("uwsgi"), "opt", {})  # the module is there in its processes alone
    return any(name.startswith("http") for name in options) or options.get("protocol") == b"http"


def check_headers(schemes: Iterable[Scheme]) -> None:
    """Raise ConfigurationError for a scheme that needs a header with ``_`` in its name, which servers drop or fold."""
    for scheme in schemes:
        for carrier in scheme.carriers:
            if all(place.where is Where.HEADER and "_" in place.name for place in carrier.places):
                problem = f"WSGI cannot tell the {carrier.places[0]}, which has an underscore in its name"
                hint = "set the scheme's parameters for another name or place, or serve over ASGI"
                raise ConfigurationError(f"scheme {scheme.name}", problem, hint)


def _read(environ: Environ, limit: int) -> bytes:
    """Return the whole body. Raises Answered."""
    told = environ.get("CONTENT_LENGTH") or ""
    if not told and not environ.get("wsgi.input_terminated"):
        raise refuse(411, "length_required", "this server does not tell where a body without Content-Length ends")
    if told and not (told.isascii() and told.isdigit()):
        raise refuse(400, "body_incomplete", "the body's length cannot be read")
    length = int(told[:_LONGEST_LENGTH]) if told else limit + 1
    if told and length > limit:
        raise too_large(limit)
    body: bytes = environ["wsgi.input"].read(length)
    if told and len(body) < length:
        raise refuse(400, "body_incomplete", "the body ended before it was whole")
    if len(body) > limit:
        raise too_large(limit)
    return body


def _give_again(environ: Environ, body: bytes) -> None:
    """Put a body that was read where the application finds it, with its length."""
    environ["wsgi.input"] = BytesIO(body)
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or environ.get("CONTENT_LENGTH"):
        environ["CONTENT_LENGTH"] = str(len(body))
