"""Digests of the body that travel: signed as they come, compared with the bytes when these come by."""

from __future__ import annotations

import base64
import hashlib

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import BodyUnavailableError, DigestMismatchError, SchemeError, SignatureMismatchError
from tests.core.schemes import HEAD, load

TEXT = f"""{HEAD}
[fields]
digest    = "header X-Digest"
signature = "header X-Signature"
[sign]
digest         = "{{body|sha256|hex}}"
string_to_sign = "{{method}} {{digest}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
PAIR = Credential.of("", "secret")
BODY = b"a body of some length"


def having(definition: str) -> Scheme:
    return load(TEXT.replace("{body|sha256|hex}", definition))


def signed(scheme: Scheme, body: bytes = BODY) -> Request:
    request = Request(b"PUT", b"/", [(b"host", b"h")], body=body)
    return Signer(scheme, PAIR).sign(request).apply(request)


def check(scheme: Scheme, request: Request, *, body_later: bool = False) -> None:
    verifier = Verifier(scheme, body_later=body_later)
    key = verifier.bind(PAIR, consumer="acme")
    verifier.check(request, verifier.present(request, 0), key, 0)


def streamed(scheme: Scheme, request: Request, pieces: list[bytes]) -> list[bytes]:
    """Check a request whose body comes later; return what goes on, piece by piece."""
    head = Request(request.method, request.target, request.headers)
    verifier = Verifier(scheme, body_later=True)
    presented = verifier.present(head, 0)
    verifier.check(head, presented, verifier.bind(PAIR, consumer="acme"), 0)
    body = verifier.body_check(presented)
    assert body is not None
    return [*map(body.update, pieces), body.finish()]


DIGEST = hashlib.sha256(BODY).digest()


@pytest.mark.parametrize(
    ("definition", "written"),
    [
        ("{body|sha256|hex}", DIGEST.hex()),
        ("{body|sha256|hex|upper}", DIGEST.hex().upper()),
        ("SHA-256={body|sha256|base64}", "SHA-256=" + base64.b64encode(DIGEST).decode()),
        ("sha-256=:{body|sha256|base64}:", f"sha-256=:{base64.b64encode(DIGEST).decode()}:"),
        ("{body|sha256|base64url}", base64.urlsafe_b64encode(DIGEST).decode()),
        ("{body|md5|hex|base64}", base64.b64encode(hashlib.md5(BODY).hexdigest().encode()).decode()),
        ("{body|sha512|hex|upper|lower}", hashlib.sha512(BODY).hexdigest()),
    ],
)
def test_what_a_body_digest_is(definition: str, written: str) -> None:
    """One digest of the body, in whichever writing; no body is needed to check the signature over it."""
    scheme = having(definition)
    assert [*scheme.body_digests] == ["digest"]
    assert not scheme.needs_body
    request = signed(scheme)
    assert request.header(b"x-digest").decode() == written
    check(scheme, request)
    assert streamed(scheme, request, [BODY[:3], b"", BODY[3:9], BODY[9:]]) == [b"", b"", BODY[:3], BODY[3:9], BODY[9:]]


@pytest.mark.parametrize(
    "definition",
    [
        "{body|sha256|hex|sha256|hex}",
        "{body|hmac:sha256,secret|hex}",
        "{body|sha256|hex}{body|md5|hex}",
        "{method}{body|sha256|hex}",
        "{body|lower|sha256|hex}",
        "{body}",
        "none",
    ],
)
def test_what_is_no_body_digest(definition: str) -> None:
    """Anything more or else is computed from the body itself, as before."""
    scheme = having(definition)
    assert not scheme.body_digests
    assert scheme.needs_body is ("{body" in definition)
    check(scheme, signed(scheme))


def test_a_body_that_is_read_otherwise_too_is_needed() -> None:
    """The digest is still compared as a digest."""
    scheme = load(TEXT.replace("{method} {digest}", "{body} {digest}"))
    assert scheme.needs_body
    request = signed(scheme)
    check(scheme, request)
    request.headers = [(name, b"0" * 64 if name == b"x-digest" else value) for name, value in request.headers]
    with pytest.raises(SignatureMismatchError):
        check(scheme, Request(b"PUT", b"/", request.headers, body=BODY))


def test_another_body() -> None:
    """It is told as what it is, and its last piece is held back."""
    scheme = having("{body|sha256|hex}")
    request = signed(scheme)
    request.body = BODY + b"!"
    with pytest.raises(DigestMismatchError, match="digest"):
        check(scheme, request)
    for pieces in ([BODY, b"!"], [BODY[:-1]], [], [b"!" * 5000]):
        with pytest.raises(DigestMismatchError):
            streamed(scheme, request, pieces)


def test_another_digest() -> None:
    """Whoever changes body and digest alike has the signature against him."""
    scheme = having("{body|sha256|hex}")
    request = signed(scheme)
    other = hashlib.sha256(b"other").hexdigest().encode()
    lines = [(name, other if name == b"x-digest" else value) for name, value in request.headers]
    with pytest.raises(SignatureMismatchError):
        check(scheme, Request(b"PUT", b"/", lines, body=b"other"))


@pytest.mark.parametrize("value", [b"", b"short", b"\xff" * 65, b"UNSIGNED-PAYLOAD"])
def test_what_can_be_no_digest(value: bytes) -> None:
    """It is refused before any of the body has come."""
    scheme = having("{body|sha256|hex}")
    lines = [(name, value if name == b"x-digest" else text) for name, text in signed(scheme).headers]
    verifier = Verifier(scheme, body_later=True)
    with pytest.raises(DigestMismatchError, match="long"):
        verifier.body_check(verifier.present(Request(b"PUT", b"/", lines), 0))


def test_it_cannot_be_forgotten() -> None:
    """Without its body, a request is refused unless whoever asks has promised to check the bytes later."""
    scheme = having("{body|sha256|hex}")
    request = signed(scheme)
    head = Request(request.method, request.target, request.headers)
    check(scheme, head, body_later=True)
    with pytest.raises(BodyUnavailableError):
        check(scheme, head)


def test_lists_of_headers_have_it() -> None:
    """A signer puts the digest into the request before it makes lists, as a verifier finds it there."""
    scheme = load(TEXT.replace("{method} {digest}", "{headers|match:'x-*'|join:'=','&'}"))
    request = signed(scheme)
    check(scheme, request)
    with pytest.raises(SignatureMismatchError):
        check(scheme, Request(b"PUT", b"/", [(b"x-more", b"1"), *request.headers], body=BODY))


def test_raw_bytes_do_not_travel() -> None:
    """A digest without a writing is refused when the scheme is loaded."""
    with pytest.raises(SchemeError, match="raw bytes would travel in 'digest'"):
        having("{body|sha256}")
