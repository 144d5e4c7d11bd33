"""Middleware for WSGI applications behind a door that sees no bodies: it compares them with what the door told.

::

    app = BodyCheckMiddleware(app)
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from io import BufferedReader, RawIOBase
from typing import Any, Final

from sealstamp.guarding.told import BodyAsTold, ToldBodies, refused_answer
from sealstamp.guarding.wsgi import Application, Environ, StartResponse, answer_with
from sealstamp.server.answers import Answered

PIECE: Final = 65_536
"""Bytes that are read, and held back, at once."""
_LONGEST_LENGTH: Final = 20


class BodyCheckMiddleware:
    """Gives an application bodies piece by piece, the last piece of those alone that are as the door told.

    Where one is not, reading it raises DigestMismatchError in the application, and the client gets the refusal in place
    of whatever the application would answer; if that has begun, the server breaks it off. ``exempt`` are whole paths
    that are asked for from elsewhere too, such as ``/healthz``.
    """

    def __init__(self, app: Application, told: ToldBodies | None = None, *, exempt: Collection[str] = ()) -> None:
        self._app = app
        self._told = told or ToldBodies()
        self._exempt = frozenset(exempt)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or have the application do it."""
        if environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") in self._exempt:
            return self._app(environ, start_response)
        try:
            body = self._begin(environ)
        except Answered as done:
            return answer_with(done, start_response)
        if body is None:
            return self._app(environ, start_response)
        return self._exchange(environ, body, start_response)

    def _begin(self, environ: Environ) -> BodyAsTold | None:
        told = environ.get("HTTP_X_SEALSTAMP_BODY", ""), environ.get("HTTP_X_SEALSTAMP_ASSERTION", "")
        body = self._told.begin((environ.get("REMOTE_ADDR", ""),), *told)
        if body is None:
            return None
        source = _Source(environ, body)
        if source.is_empty:
            body.has_none()
        environ["wsgi.input"] = BufferedReader(source, PIECE)
        return body

    def _exchange(self, environ: Environ, body: BodyAsTold, start_response: StartResponse) -> Iterable[bytes]:
        def start(*head: Any) -> Any:
            return _unwritten if body.refused else start_response(*head)

        try:
            pieces = self._app(environ, start)
        except Exception:
            if body.refused is None:
                raise
            return answer_with(body.refused, start_response, sys.exc_info())
        return pieces if body.is_settled else _through(pieces, body, start_response)


def _through(pieces: Iterable[bytes], body: BodyAsTold, start_response: StartResponse) -> Iterator[bytes]:
    """Yield what the application answers, while its body may still turn out to be wrong."""
    try:
        for piece in pieces:
            body.check()
            yield piece
        body.check()
    except Exception:
        if body.refused is None:
            raise
        yield from answer_with(body.refused, start_response, sys.exc_info())
    finally:
        if (close := getattr(pieces, "close", None)) is not None:
            close()


def _unwritten(_piece: bytes) -> None:
    """Take what an application writes that is refused already."""


class _Source(RawIOBase):
    """A body as the application reads it. Raises Answered for one whose end cannot be known."""

    def __init__(self, environ: Environ, body: BodyAsTold) -> None:
        self._input = environ["wsgi.input"]
        self._left = _length_of(environ)
        self._body = body
        self._ready = b""
        self._is_whole = self.is_empty = self._left == 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer. Raises DigestMismatchError, ComponentNotCoveredError."""
        self._body.check()
        while not self._ready and not self._is_whole:
            self._advance()
        piece = self._ready[: len(buffer)]
        self._ready = self._ready[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _advance(self) -> None:
        size = PIECE if self._left is None else min(PIECE, self._left)
        piece = self._input.read(size) if size else b""
        if piece:
            self._left = self._left and self._left - len(piece)
            self._ready = self._body.update(piece)
        elif self._left:
            self._body.cut()
        else:
            self._ready = self._body.finish()
            self._is_whole = True


def _length_of(environ: Environ) -> int | None:
    """Return how long a body is said to be, or None where the server tells when it ends. Raises Answered."""
    told = environ.get("CONTENT_LENGTH") or ""
    if told:
        if not (told.isascii() and told.isdigit() and len(told) <= _LONGEST_LENGTH):
            raise refused_answer("body_incomplete", "the body's length cannot be read", status=400)
        return int(told)
    if not environ.get("HTTP_TRANSFER_ENCODING"):
        return 0
    if not environ.get("wsgi.input_terminated"):
        title = "this server does not tell where a body without Content-Length ends"
        raise refused_answer("length_required", title, status=411)
    return None
