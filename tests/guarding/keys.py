"""The keys that every guarded application of these tests knows, and requests signed with them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from sealstamp import Credential, Request, Signer, get_scheme
from sealstamp.guarding import Guard, Key

SCHEMES = ("aws-sigv4-header", "rfc9421", "bbx", "stardust", "cdnetworks-api-shield", "taurusx")
KEYS = {
    "reader": Key("the-secret-of-reader", consumer="acme", scopes=("orders:read",)),
    "writer": Key("the-secret-of-writer", consumer="acme", scopes=("orders:read", "orders:write")),
    "slow": Key("the-secret-of-slow", rate_limit="1/hour"),
    "elsewhere": Key("the-secret-of-elsewhere", networks=("192.0.2.0/24",)),
    "disabled": Key("the-secret-of-disabled", usable_until_ms=0),
}
MAX_BODY = 1_000
AHEAD_MS = 2_000
"""Requests are stamped so much ahead: an application accepts nothing that was stamped before it began."""

_nonces = (f"{number:08x}" for number in itertools.count(int(time.time_ns() // 1000) % 2**31))


WSGI_SCHEMES = tuple(scheme for scheme in SCHEMES if scheme != "cdnetworks-api-shield")
"""Those whose headers have no underscore in their names."""


def guard() -> Guard:
    """A guard as every ASGI application of these tests has it."""
    return Guard(SCHEMES, KEYS, max_body=MAX_BODY)


def wsgi_guard() -> Guard:
    """A guard as every WSGI application of these tests has it."""
    return Guard(WSGI_SCHEMES, KEYS, max_body=MAX_BODY)


def credential(access_key_id: str = "reader") -> Credential:
    return Credential.of(access_key_id, f"the-secret-of-{access_key_id}")


def signed(
    target: str = "/orders",
    *,
    scheme: str = "rfc9421",
    method: str = "GET",
    body: bytes = b"",
    by: Credential | None = None,
    ahead_ms: int = AHEAD_MS,
    host: str = "api.test",
) -> Request:
    """A request that is rightly signed."""
    lines = [(b"host", host.encode())]
    if body:
        lines.append((b"content-type", b"application/octet-stream"))
    unsigned = Request(method.encode(), target.encode(), lines, scheme=b"http", body=body)
    signer = Signer(get_scheme(scheme), by or credential())
    now_ms = time.time_ns() // 1_000_000 + ahead_ms
    nonce = next(_nonces) if signer.scheme.nonce else None
    return signer.sign(unsigned, time_ms=now_ms, nonce=nonce).apply(unsigned)


def changed(request: Request, *, target: str | None = None, body: bytes | None = None, **headers: str) -> Request:
    """The request with something exchanged that its signature may cover; headers with ``_`` for ``-``."""
    new = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    lines = [(name, new.pop(name, value)) for name, value in request.headers]
    return Request(
        request.method,
        request.target if target is None else target.encode(),
        [*lines, *new.items()],
        scheme=request.scheme,
        body=request.body if body is None else body,
    )


@dataclass(frozen=True)
class Scenario:
    """A request by what is odd about it, and how it ends: the reason for which it is refused, or "" where it is not."""

    name: str
    make: Callable[[], Request]
    reason: str = ""
    twice: bool = False
    """Sent twice; the second answer counts."""

    def __str__(self) -> str:
        return self.name


def _accepted(name: str, target: str) -> Scenario:
    return Scenario(name, lambda: signed(target))


SCENARIOS = [
    *[Scenario(f"accepted: {scheme}", lambda scheme=scheme: signed(scheme=scheme)) for scheme in SCHEMES],
    *[
        Scenario(
            f"stale: {scheme}", lambda scheme=scheme: signed(scheme=scheme, ahead_ms=-3_600_000), "outside_time_window"
        )
        for scheme in SCHEMES
    ],
    *[
        Scenario(
            f"wrong secret: {scheme}",
            lambda scheme=scheme: signed(scheme=scheme, by=Credential.of("reader", "another-secret")),
            "invalid_credentials",
        )
        for scheme in SCHEMES
    ],
    Scenario("unknown key", lambda: signed(by=Credential.of("nobody", "x")), "invalid_credentials"),
    Scenario("disabled key", lambda: signed(by=credential("disabled")), "inactive_access_key"),
    Scenario("other network", lambda: signed(by=credential("elsewhere")), "address_not_allowed"),
    Scenario("too often", lambda: signed(by=credential("slow")), "rate_limited", twice=True),
    Scenario("unsigned", lambda: Request(b"GET", b"/orders", [(b"host", b"api.test")]), "missing_credentials"),
    Scenario("replayed", signed, "nonce_replayed", twice=True),
    Scenario("another target", lambda: changed(signed("/orders?a=1"), target="/orders?a=2"), "invalid_credentials"),
    _accepted("escaped slash", "/orders/a%2Fb"),
    Scenario(
        "slash in place of an escaped one", lambda: changed(signed("/a%2Fb"), target="/a/b"), "invalid_credentials"
    ),
    Scenario("lower-case escape", lambda: changed(signed("/a%2Fb"), target="/a%2fb"), "invalid_credentials"),
    _accepted("double slash", "//orders//1"),
    Scenario("one slash of two", lambda: changed(signed("/x//1"), target="/x/1"), "invalid_credentials"),
    _accepted("dot segments", "/orders/../admin/./x"),
    Scenario("dot segments resolved", lambda: changed(signed("/a/../b"), target="/b"), "invalid_credentials"),
    _accepted("plus and escaped space", "/orders?q=a+b&r=a%20b"),
    Scenario("plus for a space", lambda: changed(signed("/x?q=a+b"), target="/x?q=a%20b"), "invalid_credentials"),
    _accepted("repeated and empty parameters", "/orders?a=2&a=1&b=&c&=d"),
    Scenario("parameters reordered", lambda: changed(signed("/x?a=2&a=1"), target="/x?a=1&a=2"), "invalid_credentials"),
    _accepted("bytes that are no UTF-8", "/orders/%FF%00?q=%E9"),
    *[
        Scenario(f"body: {scheme}", lambda scheme=scheme: signed(method="POST", body=b"one", scheme=scheme))
        for scheme in ("aws-sigv4-header", "rfc9421")
    ],
    Scenario(
        "another body: aws-sigv4-header",
        lambda: changed(signed(method="POST", body=b"one", scheme="aws-sigv4-header"), body=b"two"),
        "invalid_credentials",
    ),
    Scenario(
        "another body: rfc9421", lambda: changed(signed(method="POST", body=b"one"), body=b"two"), "digest_mismatch"
    ),
    Scenario("body where none was signed", lambda: changed(signed(method="POST"), body=b"x"), "component_not_covered"),
    Scenario("body as large as may be", lambda: signed(method="POST", body=b"x" * MAX_BODY)),
    Scenario("body too large", lambda: signed(method="POST", body=b"x" * (MAX_BODY + 1)), "body_too_large"),
    Scenario("large body that nobody signs", lambda: signed(method="POST", scheme="taurusx", body=b"x" * 5_000)),
    Scenario("field twice", lambda: _doubled(signed(scheme="taurusx"), b"token"), "malformed_credentials"),
    Scenario(
        "underscore for dash",
        lambda: _respelt(signed(scheme="taurusx"), b"access-key", b"access_key"),
        "missing_credentials",
    ),
    Scenario(
        "underscore beside dash",
        lambda: _with(signed(scheme="taurusx"), b"access_key", b"writer"),
        "malformed_credentials",
    ),
]


def _doubled(request: Request, name: bytes) -> Request:
    return _with(request, name, b"other")


def _with(request: Request, name: bytes, value: bytes) -> Request:
    return Request(request.method, request.target, [*request.headers, (name, value)], scheme=b"http", body=b"")


def _respelt(request: Request, name: bytes, other: bytes) -> Request:
    lines = [(other if known.lower() == name else known, value) for known, value in request.headers]
    return Request(request.method, request.target, lines, scheme=b"http", body=b"")
