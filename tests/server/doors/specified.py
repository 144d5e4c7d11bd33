"""What Traefik and APISIX send, as their sources have it; neither installs here.

Traefik: pkg/middlewares/auth/forward.go, ``writeHeader``. APISIX: apisix/plugins/forward-auth.lua, ``do_auth``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from sealstamp.cli import main
from tests.server.doors.signed import Lines, Message
from tests.server.service import Service, raw_request

_HOP_BY_HOP = {b"connection", b"keep-alive", b"te", b"trailers", b"transfer-encoding", b"upgrade"}
_BY_PROXY = {b"x-forwarded-method", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-uri", b"x-forwarded-for"}


def traefik(message: Message, text: str) -> Lines:
    """Every header of the client but those about its connection; the headers about the request are written anew."""
    assert "trustForwardHeader: false" in text
    named = dict(re.findall(r"^ +(X-Decide-Api): \"(.*)\"$", text, re.M))
    taken = _HOP_BY_HOP | _BY_PROXY | {b"host", b"content-length", b"x-decide-api"}
    lines = [line for line in message.lines if line[0].lower() not in taken]
    return [*lines, *((name.encode(), value.encode()) for name, value in named.items())]


def apisix(message: Message, text: str) -> Lines:
    """Only the client's headers that the configuration names, the first value of each."""
    named = re.search(r"request_headers:\n((?: +- .*\n)+)", text)
    extra = re.search(r'extra_headers: \{ (\S+): "(.*)" \}', text)
    assert named
    assert extra
    first = {name.lower(): value for name, value in reversed(message.lines)}
    names = [line.strip("- ").encode() for line in named[1].splitlines()]
    lines = [(name, first[name.lower()]) for name in names if name.lower() in first]
    return [*lines, (extra[1].encode(), extra[2].encode())]


SPECIFIED: dict[str, Callable[[Message, str], Lines]] = {"traefik": traefik, "apisix": apisix}


def question(door: str, message: Message, text: str) -> bytes:
    """The request with which a proxy asks, configured by ``text``."""
    host = next(value for name, value in message.lines if name.lower() == b"host")
    described = [
        (b"Host", b"127.0.0.1"),
        (b"X-Forwarded-Method", message.method.encode()),
        (b"X-Forwarded-Proto", b"http"),
        (b"X-Forwarded-Host", host),
        (b"X-Forwarded-Uri", message.target),
        (b"X-Forwarded-For", b"127.0.0.1"),
    ]
    return raw_request("GET", f"/decide/{door}", [*described, *SPECIFIED[door](message, text)])


def configured(service: Service, door: str) -> str:
    """All that is printed for a proxy."""
    with redirect_stdout(StringIO()) as printed, redirect_stderr(StringIO()):
        assert main(["proxy-config", door, "--api", "shop", "--config", str(service.config)]) == 0
    return printed.getvalue()
