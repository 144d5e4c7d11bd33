"""Answers as HTTP/1.1 bytes."""

from __future__ import annotations

from email.utils import formatdate
from functools import cache
from http import HTTPStatus

from sealstamp.server.answers import Answer


@cache
def status_line(status: int) -> bytes:
    """Return the first line of a response."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""  # RFC 9112, section 4: a reason may be empty
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def date_line(unix_seconds: float) -> bytes:
    """Return the Date field for a time (RFC 9110, section 6.6.1)."""
    return f"date: {formatdate(unix_seconds, usegmt=True)}\r\n".encode()


_line = b"%b: %b\r\n".__mod__
"""Writes a header; as a method of the format there is no call of Python's for each."""


def write_answer(answer: Answer, date: bytes, *, closes: bool = False, is_head: bool = False) -> bytes:
    """Return a whole response; one to a HEAD request says how long its body would have been, and has none."""
    lines = [status_line(answer.status), date, *map(_line, answer.headers)]
    if closes:
        lines.append(b"connection: close\r\n")
    if answer.status == 204:
        lines.append(b"\r\n")  # RFC 9110, section 8.6: it must not have a Content-Length
    else:
        lines += (b"content-length: %d\r\n\r\n" % len(answer.body), b"" if is_head else answer.body)
    return b"".join(lines)
