"""A request as text, for people to read."""

from __future__ import annotations

from sealstamp.core.request import Request


def write_request(request: Request) -> str:
    r"""Return the request as HTTP/1.1 has it; bytes that are no text are shown as ``\x80``."""
    lines = [f"{_text(request.method)} {_text(request.target)} HTTP/1.1"]
    lines += [f"{_text(name)}: {_text(value)}" for name, value in request.headers]
    return "\n".join([*lines, "", _text(request.body or b"")]).rstrip("\n") + "\n"


def _text(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("ascii", "backslashreplace")
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in text
    )
