"""Bytes to requests.

llhttp reads, strictly: no folded lines, no spaces in names, no bare line ends, no doubled or conflicting lengths. What
it leaves to its user is bounded here: the size of a head, the number of its fields, and a body that nobody looks at.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

import httptools

from sealstamp.server.answers import Answer, new_request_id, problem


class Asked(NamedTuple):
    """A request as it came: the raw target; headers in order, doubles kept, names in lower case.

    ``keeps`` tells whether another may follow on the same connection.
    """

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    keeps: bool = True


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a request may have, in bytes but for ``headers``, their number."""

    head: int = 65_536
    headers: int = 200
    body: int = 1_048_576


SIZES: Final = Sizes()


class Reader:
    """Collects whole requests in ``asked``; after a ``refusal`` nothing more is read."""

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._parser = httptools.HttpRequestParser(self)
        self.asked: deque[Asked] = deque()
        self.refusal: Answer | None = None
        self.is_within = False
        """Whether a request has begun and is not whole."""
        self.is_at_end = False
        """Whether what follows is not for this reader."""
        self._came = 0
        self.on_message_begin()
        self.is_within = False

    def feed(self, data: bytes) -> None:
        """Read on."""
        if self.is_within:  # what came with the end of another request is not counted, for it is at most one read
            self._came += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_at_end = True  # no upgrade is offered here, and what follows could be anything
        except httptools.HttpParserError as error:
            self._refuse(400, "bad_request", f"this is not an HTTP/1.1 request: {error}")
        if self._is_in_head and self._came > self._sizes.head:
            self._refuse_head()

    def _refuse_head(self) -> None:
        self._refuse(431, "head_too_large", "the request's head is too large")

    def _refuse(self, status: int, code: str, title: str) -> None:
        if self.refusal is None:
            self.refusal = problem(status, code, title, new_request_id())

    # what llhttp calls

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.is_within = True
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._is_in_head = True
        self._body = 0

    def on_url(self, piece: bytes) -> None:
        """Take a piece of the target."""
        self._target += piece
        if len(self._target) > self._sizes.head:
            self._refuse_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; nobody wants a trailer."""
        if self._is_in_head:
            self._headers.append((name.lower(), value.rstrip(b" \t")))  # RFC 9110, section 5.5

    def on_headers_complete(self) -> None:
        """End the head."""
        self._is_in_head = False
        if len(self._headers) > self._sizes.headers:
            self._refuse(431, "too_many_headers", "the request has too many header fields")

    def on_body(self, piece: bytes) -> None:
        """Read past a body."""
        self._body += len(piece)
        if self._body > self._sizes.body:
            self._refuse(413, "body_too_large", "no body is looked at here")

    def on_message_complete(self) -> None:
        """Keep a whole request."""
        if self.refusal is None:
            keeps = self._parser.should_keep_alive()
            self.asked.append(Asked(self._parser.get_method(), self._target, self._headers, keeps))
            self.is_within = False
            self._came = 0
