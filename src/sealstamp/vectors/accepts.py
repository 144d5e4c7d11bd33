"""Requests that must be accepted: what clients rightly do, and the edges of what they may."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from sealstamp.core.request import Request
from sealstamp.core.runtime import MAX_NONCE
from sealstamp.core.scheme import EXPIRES, LIFETIME, Field, Scheme
from sealstamp.core.tree import Text
from sealstamp.errors import Reason, SigningError
from sealstamp.vectors.case import Case, Key
from sealstamp.vectors.situation import NOW_MS, PATH, Situation, header_names
from sealstamp.vectors.surgery import added, with_header

ODD_PATH = b"/v1/caf%C3%A9/a%20b/%E4%BD%A0~_-.!$'()*,;:@"
ODD_QUERY = b"name=J%C3%BCrgen%20%2B%201&city=%E5%8C%97%E4%BA%AC&plus=a+b&empty=&flag"
DOUBLED_QUERY = b"tag=b&tag=a&x=2&TAG=c"
BINARY = bytes(range(0, 256, 5)) + b"\r\n\xff\xfe\x00"


def accepts(situation: Situation) -> Iterator[Case]:
    """Make every accepted case that applies."""
    for make in (_requests, _headers, _edges, _lifetimes, _aliases, _optional, _nonces, _keys):
        yield from make(situation)


def signed_case(situation: Situation, name: str, title: str, request: Request, **values: object) -> Iterator[Case]:
    """Make the case of a request that our signer signs, if the scheme can sign it."""
    try:
        signed = situation.sign(request, **values)  # type: ignore[arg-type]
    except SigningError:
        return
    yield situation.case(name, title, signed.request, Reason.ACCEPTED, signing=signed.signing)


def _requests(situation: Situation) -> Iterator[Case]:
    make = situation.get if situation.in_body is None else situation.post
    if situation.in_body is None:
        yield from signed_case(situation, "get", "a GET with a query and no body", situation.get())
    yield from signed_case(situation, "post", "a POST with a body", situation.post())
    yield from signed_case(situation, "no-query", "a request without a query", make(PATH))
    yield from signed_case(
        situation,
        "percent-encoded",
        "percent-encoded and unreserved characters in path and query",
        make(ODD_PATH + b"?" + ODD_QUERY),
    )
    yield from signed_case(
        situation,
        "doubled-query",
        "a query name that comes twice, and again in other letter case",
        make(PATH + b"?" + DOUBLED_QUERY),
    )
    if situation.in_body is None:
        yield from signed_case(situation, "empty-body", "a POST with an empty body", situation.post(body=b""))
        octets = situation.post(body=BINARY, kind=b"application/octet-stream")
        yield from signed_case(situation, "binary-body", "a body that is no text", octets)
    if situation.reads_forms and situation.in_body is None:
        yield from signed_case(situation, "json-body", "a body that is no form", situation.post_json())


def _headers(situation: Situation) -> Iterator[Case]:
    """Headers that are signed by name, one case for all."""
    names = header_names(situation.scheme)
    if names:
        request = with_signed_headers(situation)
        yield from signed_case(situation, "signed-headers", f"with the headers {', '.join(names)}", request)


def with_signed_headers(situation: Situation) -> Request:
    """Return the POST with every header that the scheme signs by name."""
    request = situation.post()
    for name in header_names(situation.scheme):
        if name.encode() not in request.header_fields[0]:
            request = with_header(request, name.encode(), _header_value(name, request.body or b""))
    return request


def _header_value(name: str, body: bytes) -> bytes:
    if name == "content-md5":
        return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest())
    if name in ("date", "if-modified-since", "if-unmodified-since"):
        return b"Fri, 02 Jan 2026 03:04:05 GMT"
    return {"range": b"bytes=0-99", "if-match": b'"a1"', "if-none-match": b'"b2"'}.get(
        name, b"value of " + name.encode()
    )


def _edges(situation: Situation) -> Iterator[Case]:
    if situation.scheme.time is None:
        return
    signed = situation.sign()
    ahead_ms, old_ms = situation.scheme.good_for
    yield situation.case("oldest", "as old as it may be", signed.request, Reason.ACCEPTED, now_ms=NOW_MS + old_ms)
    yield situation.case(
        "newest",
        "as far ahead of the clock as it may be",
        signed.request,
        Reason.ACCEPTED,
        now_ms=NOW_MS - ahead_ms,
    )


def _lifetimes(situation: Situation) -> Iterator[Case]:
    rule = situation.scheme.time
    if rule is not None and rule.most_ms is not None:
        values = {LIFETIME: situation.other_value(LIFETIME)}
        title = "good for as long as a request may be at most"
        yield from signed_case(situation, "longest-lifetime", title, situation.plain, values=values)
    if EXPIRES in situation.scheme.may_lack:
        title = "says until when it is good, which it need not"
        yield from signed_case(situation, "with-expires", title, situation.plain, values={LIFETIME: "60"})


def _aliases(situation: Situation) -> Iterator[Case]:
    """Each further place of a field, as a client that was taught that place signs."""
    carriers = situation.scheme.carriers
    for index, carrier in enumerate(carriers):
        for other in carrier.places[1:]:
            if isinstance(carrier, Field):
                moved = (*carriers[:index], carrier.replace(places=(other,)), *carriers[index + 1 :])
                # a situation of its own, for the place may be in a body of another kind
                request = Situation(situation.scheme.replace(carriers=moved), situation.parameters).sign().request
                title = f"{carrier.name} travels as {other}"
                yield situation.case(f"alias-{other}", title, request, Reason.ACCEPTED)
                if carrier.first:
                    beside = added(situation.sign().request, other, b"something else")
                    title = f"{carrier.name} travels as {carrier.places[0]}, and {other} is something else"
                    yield situation.case(f"beside-{other}", title, beside, Reason.ACCEPTED)


def _optional(situation: Situation) -> Iterator[Case]:
    """Each field that need not come, with a value and without."""
    scheme = situation.scheme
    for carrier in scheme.carriers:
        if not isinstance(carrier, Field) or not carrier.optional:
            continue
        name = carrier.name
        if name not in scheme.definitions:  # of others, the plain request is one without
            request = situation.sign(scheme=_without(scheme, carrier)).request
            yield situation.case(f"without-{name}", f"{name} does not come", request, Reason.ACCEPTED)
        if signed := situation.sign_with(carrier):
            yield situation.case(
                f"with-{name}", f"{name} comes", signed.request, Reason.ACCEPTED, signing=signed.signing
            )


def _without(scheme: Scheme, field: Field) -> Scheme:
    """Return the scheme of a client that does not send a field: its value is the empty text."""
    rest = tuple(carrier for carrier in scheme.carriers if carrier is not field)
    return scheme.replace(carriers=rest, definitions={field.name: Text(""), **scheme.definitions})


def _nonces(situation: Situation) -> Iterator[Case]:
    if situation.scheme.nonce is None:
        return
    longest = str((1 << 64) - 1) if situation.scheme.nonce.grows else "n" * MAX_NONCE
    title = f"a nonce of {len(longest)} characters"
    yield from signed_case(situation, "longest-nonce", title, situation.plain, nonce=longest)
    first, second = situation.sign().request, situation.sign(nonce=situation.make_nonce("second nonce")).request
    yield situation.case(
        "another-nonce", "a second request, with another nonce", second, Reason.ACCEPTED, before=(first,)
    )


def _keys(situation: Situation) -> Iterator[Case]:
    signed = situation.sign().request
    yield situation.case(
        "key-about-to-expire",
        "the access key expires a millisecond later",
        signed,
        Reason.ACCEPTED,
        key=Key(situation.credential, usable_until_ms=NOW_MS + 1),
    )
