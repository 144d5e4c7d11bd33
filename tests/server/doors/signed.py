"""Signed requests of every kind: the four systems by hand, Signature Version 4 and RFC 9421 by Sealstamp."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.service import raw_request
from tests.server.signing import SYSTEMS, Pair, as_query

Lines = list[tuple[bytes, bytes]]
HOST = b"shop.example"
PAIR = Pair("acme-1", "bXkgc2VjcmV0IG9mIDMyIGJ5dGVzIGFuZCBtb3JlIQ==")
"""One for all schemes."""
KEYS = {scheme: Pair(f"acme-{scheme}", PAIR.secret) for scheme in ("aws-sigv4-header", "rfc9421", "sealstamp")}
SCHEMES = (*(system.name for system in SYSTEMS), *KEYS)
_BY_NAME = {system.name: system for system in SYSTEMS}


@dataclass
class Message:
    """A request as it goes out: the target and the lines as bytes, in order."""

    method: str
    target: bytes
    lines: Lines
    body: bytes = b""

    def raw(self) -> bytes:
        return raw_request(self.method, self.target, self.lines, self.body)

    def adding(self, *lines: tuple[bytes, bytes]) -> Message:
        return Message(self.method, self.target, [*self.lines, *lines], self.body)


@dataclass
class Plan:
    """What is to be sent, before it is signed."""

    target: bytes = b"/shop/orders?page=2"
    method: str = "GET"
    lines: Lines = field(default_factory=list)
    body: bytes = b""
    host: bytes = HOST


def sign(scheme: str, plan: Plan, pair: Pair | None = None) -> Message:
    """Sign what is planned, now."""
    lines = [(b"Host", plan.host), *plan.lines]
    if scheme in _BY_NAME:
        return _sign_by_hand(scheme, plan, lines, pair or PAIR)
    pair = pair or KEYS[scheme]
    request = Request(
        plan.method.encode(), plan.target, [(name.lower(), value) for name, value in lines], body=plan.body
    )
    signer = Signer(get_scheme(scheme), Credential.of(pair.access_key_id, pair.secret))
    made = signer.sign(request, time_ms=time.time_ns() // 1_000_000, nonce=secrets.token_hex(16))
    signed = made.apply(request)
    return Message(plan.method, signed.target, list(signed.headers), plan.body)


def _sign_by_hand(name: str, plan: Plan, lines: Lines, pair: Pair) -> Message:
    system = _BY_NAME[name]
    fields = system.sign(pair, nonce=secrets.token_hex(8))
    if not system.in_query:
        carried = [(field.encode(), value.encode()) for field, value in fields]
        return Message(plan.method, plan.target, [*lines, *carried], plan.body)
    mark = b"&" if b"?" in plan.target else b"?"
    return Message(plan.method, plan.target + mark + as_query(fields).encode(), lines, plan.body)
