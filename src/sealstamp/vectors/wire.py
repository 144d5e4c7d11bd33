"""A request as the bytes of a file, and back: start line, field lines, an empty line, and the body to the end."""

from __future__ import annotations

from sealstamp.core.request import Request
from sealstamp.errors import VectorError


def write_request(request: Request) -> bytes:
    """Return a request as HTTP/1.1 writes it. Raises VectorError for one that would not be read back as it is."""
    start = b"%b %b HTTP/1.1\r\n" % (request.method, request.target)
    lines = b"".join(b"%b: %b\r\n" % line for line in request.headers)
    text = start + lines + b"\r\n" + (request.body or b"")
    broken = any(mark in value for _, value in request.headers for mark in (b"\r", b"\n", b"\0"))
    if broken or _parts(read_request(text)) != _parts(request):
        raise VectorError(f"a request cannot be written as HTTP/1.1: {request!r}")
    return text


def read_request(text: bytes) -> Request:
    """Read what ``write_request`` wrote. Raises VectorError for anything else."""
    head, mark, body = text.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    try:
        method, target, _ = start.split(b" ")
    except ValueError:
        raise VectorError("not an HTTP/1.1 request") from None
    if not mark:
        raise VectorError("a request's header section has no end")
    fields = [line.partition(b":") for line in lines]
    return Request(method, target, [(name.lower(), value.strip(b" \t")) for name, _, value in fields], body=body)


def _parts(request: Request) -> tuple[object, ...]:
    return request.method, request.target, [tuple(line) for line in request.headers], request.body or b""
