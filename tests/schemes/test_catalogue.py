"""What holds for every scheme of the catalogue, whatever it says."""

from __future__ import annotations

import base64

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.places import Where
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.errors import SignatureMismatchError, VerificationError
from sealstamp.schemes import get_scheme, list_schemes, scheme_names
from tests.core.key_pairs import pem_of, private_key

NOW_MS = 1_767_225_600_000
SECRET = base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
"""Text that is base64 too, for schemes whose secrets are."""
OTHER_SECRET = base64.b64encode(b"another secret, thirty-two bytes").decode()


def request_for(scheme: Scheme, *, path: bytes = b"/v1/orders", query: bytes = b"page=2&b=x%20y") -> Request:
    """Return a request with a body of the kind in which the scheme carries fields."""
    wheres = {place.where for carrier in scheme.carriers for place in carrier.places}
    kind, body = (b"application/json", b'{"amount":1}')
    if Where.FORM in wheres:
        kind, body = (b"application/x-www-form-urlencoded", b"amount=1&note=a+b")
    if Where.XML in wheres:
        kind, body = (b"text/xml", b"<xml><amount>1</amount></xml>")
    headers = [(b"host", b"api.example.com"), (b"content-type", kind), (b"content-length", b"%d" % len(body))]
    return Request(b"POST", path + b"?" + query, headers, body=body)


def credential_for(scheme: Scheme, *, other: bool = False) -> Credential:
    extras = {extra.name: extra.make.make(lambda letters: letters[0]) for extra in scheme.keys.extras}
    return Credential.of("key-1" if scheme.names_key else "", secret_for(scheme, other=other), **extras)


def secret_for(scheme: Scheme, *, other: bool) -> str:
    """Return one of two secrets of the kind that the scheme signs with."""
    if scheme.keys.secret.pair == "RSA":
        return pem_of(private_key("RSA-other" if other else "RSA")).decode()
    if scheme.keys.secret.pair:
        return scheme.keys.secret.make(lambda digits: digits[7 if other else 3])
    return OTHER_SECRET if other else SECRET


def sign(scheme: Scheme, request: Request | None = None, *, other: bool = False) -> Request:
    request = request or request_for(scheme)
    nonce = "5119020217" if scheme.nonce else None
    time_ms = NOW_MS if scheme.time else None
    return (
        Signer(scheme, credential_for(scheme, other=other)).sign(request, time_ms=time_ms, nonce=nonce).apply(request)
    )


def check(scheme: Scheme, request: Request) -> None:
    verifier = Verifier(scheme)
    credential = credential_for(scheme)
    keys: dict[bytes, BoundKey] = {
        credential.access_key_id.encode(): verifier.bind(credential, consumer="acme"),
    }
    verifier.verify(request, NOW_MS, keys.get)


def changed(request: Request, part: Covered) -> Request:
    """Return the request with one part of it changed as a thief would."""
    method, target, headers, body = request.method, request.target, list(request.headers), request.body or b""
    authority = request.authority
    match part:
        case Covered.METHOD:
            method = b"DELETE"
        case Covered.HOST:
            authority = b"evil.example.com"
            headers = [(name, authority if name == b"host" else value) for name, value in headers]
        case Covered.PATH:
            target = target.replace(b"/v1/orders", b"/v1/orderz")
        case Covered.QUERY:
            target = target.replace(b"page=2", b"page=3")
        case Covered.BODY:
            body = body.replace(b"1", b"2", 1)
    return Request(method, target, headers, scheme=request.scheme, authority=authority, body=body)


JUNK = (b"", b"\x00", b"\xff" * 9, b"x" * 20_000, b"{}{}", b"%%%", b'"' * 50, b"\xed\xa0\x80")
REQUEST_PARTS = (Covered.METHOD, Covered.HOST, Covered.PATH, Covered.QUERY, Covered.BODY)


@pytest.mark.parametrize("name", scheme_names())
def test_what_is_signed_is_accepted(name: str) -> None:
    """Signer and verifier are made from one description, so they agree."""
    scheme = get_scheme(name)
    check(scheme, sign(scheme))


@pytest.mark.parametrize("name", scheme_names())
def test_another_secret_is_refused(name: str) -> None:
    """Whoever does not hold the secret is refused."""
    scheme = get_scheme(name)
    with pytest.raises(SignatureMismatchError):
        check(scheme, sign(scheme, other=True))


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name in scheme_names() for part in REQUEST_PARTS if part in coverage_of(get_scheme(name))],
)
def test_a_covered_part_that_changed_is_refused(name: str, part: Covered) -> None:
    """What coverage says is covered cannot be changed."""
    scheme = get_scheme(name)
    request = sign(scheme)
    if changed(request, part).body != request.body or part is not Covered.BODY:
        with pytest.raises(VerificationError):
            check(scheme, changed(request, part))


@pytest.mark.parametrize("name", scheme_names())
def test_a_request_without_credentials_is_refused(name: str) -> None:
    """And nothing but a refusal is raised."""
    scheme = get_scheme(name)
    with pytest.raises(VerificationError):
        check(scheme, request_for(scheme))


@pytest.mark.parametrize("name", scheme_names())
@pytest.mark.parametrize(
    "junk", [b"", b"\x00", b"\xff" * 9, b"x" * 20_000, b"{}{}", b"%%%", b'"' * 50, b"\xed\xa0\x80"]
)
def test_junk_in_any_carrier_is_refused(name: str, junk: bytes) -> None:
    """Whatever bytes stand where the scheme's fields travel, the answer is a refusal and no other error."""
    scheme = get_scheme(name)
    request = sign(scheme)
    places = [(carrier, place) for carrier in scheme.carriers for place in carrier.places[:1]]
    for carrier, place in places:
        if place.where is Where.HEADER and (junk or not carrier.optional):  # empty is none, where it may be left out
            lines = [(name, junk if name == place.key else value) for name, value in request.headers]
            if not place.is_in(request):
                lines.append((place.key, junk))
            spoilt = Request(request.method, request.target, lines, authority=request.authority, body=request.body)
            with pytest.raises(VerificationError):
                check(scheme, spoilt)


@pytest.mark.parametrize("name", scheme_names())
def test_a_stale_request_is_refused(name: str) -> None:
    """A scheme with a time has a window, and what is outside is refused."""
    scheme = get_scheme(name)
    if scheme.time is not None:
        verifier = Verifier(scheme)
        with pytest.raises(VerificationError):
            verifier.present(sign(scheme), NOW_MS + scheme.time.past_ms + 60_000)


def test_the_list_says_what_the_schemes_say() -> None:
    """Listing reads heads alone, and they are those of the whole files."""
    heads = list_schemes()
    assert tuple(head.name for head in heads) == scheme_names()
    for head in heads:
        scheme = get_scheme(head.name)
        assert (head.title, head.vendor, head.url) == (scheme.title, scheme.vendor, scheme.url)
        assert head.summary == scheme.summary
