"""Digests of the body that travel: signed as they come, compared with the bytes when these come by."""

from __future__ import annotations

import base64
import hashlib

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.loader import set_parameters
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import (
    BodyUnavailableError,
    ComponentNotCoveredError,
    ConfigurationError,
    DigestMismatchError,
    MissingCredentialsError,
    SchemeError,
    SignatureMismatchError,
)
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
    key = verifier.bind(PAIR, consumer="acme")
    verifier.check(head, presented, key, 0)
    body = verifier.body_check(presented, key)
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
    key = verifier.bind(PAIR, consumer="acme")
    with pytest.raises(DigestMismatchError, match="long"):
        verifier.body_check(verifier.present(Request(b"PUT", b"/", lines), 0), key)


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


# fields that need not come, and constants that may come instead

OPTIONAL = TEXT.replace('"header X-Digest"', '{ at = "header X-Digest", optional = true }')
COMPUTED = TEXT.replace('"header X-Digest"', '{ at = "header X-Digest", optional = "computed" }')
INSTEAD = TEXT.replace('"header X-Digest"', '{ at = "header X-Digest", instead = ["UNSIGNED"] }')
WRITTEN = DIGEST.hex().encode()


def bare(*headers: tuple[bytes, bytes], body: bytes | None = BODY) -> Request:
    return Request(b"PUT", b"/", [(b"host", b"h"), *headers], body=body)


def sign(scheme: Scheme, request: Request, **values: str) -> Request:
    return Signer(scheme, PAIR).sign(request, values=values).apply(request)


def string_signed(scheme: Scheme, request: Request) -> str:
    signer = Signer(scheme, PAIR)
    stages = signer.stages(request, signer.sign(request), reveal=True)
    return next(stage.text for stage in stages if stage.name == "string_to_sign")


def test_an_optional_digest_that_is_absent_is_signed_as_nothing() -> None:
    """No body is needed then; a signer adds none, and puts right one that is there."""
    scheme = load(OPTIONAL)
    request = sign(scheme, bare())
    assert not request.header(b"x-digest")
    assert string_signed(scheme, bare()) == "PUT "
    check(scheme, Request(b"PUT", b"/", request.headers, body=b"any"))
    check(scheme, Request(b"PUT", b"/", request.headers), body_later=True)
    with_one = sign(scheme, bare((b"x-digest", b"of something else")))
    assert with_one.header(b"x-digest") == WRITTEN
    check(scheme, with_one)
    with pytest.raises(DigestMismatchError):
        check(scheme, Request(b"PUT", b"/", with_one.headers, body=b"any"))
    stripped = [line for line in with_one.headers if line[0] != b"x-digest"]
    with pytest.raises(SignatureMismatchError):
        check(scheme, Request(b"PUT", b"/", stripped, body=b"any"))


@pytest.mark.parametrize("headers", [[], [(b"x-digest", b"")]], ids=["absent", "empty"])
def test_a_digest_that_is_computed_if_absent(headers: list[tuple[bytes, bytes]]) -> None:
    """It is signed though it does not travel, so the body must be at hand; one that came makes that needless."""
    scheme = load(COMPUTED)
    verifier = Verifier(scheme)
    assert string_signed(scheme, bare()) == f"PUT {WRITTEN.decode()}"
    signature = sign(scheme, bare()).header(b"x-signature")
    request = bare(*headers, (b"x-signature", signature))
    assert not verifier.needs_body
    assert verifier.may_need_body
    assert verifier.reads_body(request)
    check(scheme, request)
    with pytest.raises(SignatureMismatchError):
        check(scheme, bare(*headers, (b"x-signature", signature), body=b"any"))
    came = bare((b"x-digest", WRITTEN), (b"x-signature", signature), body=None)
    assert not verifier.reads_body(came)
    check(scheme, came, body_later=True)


def test_a_signer_without_the_body_takes_the_digest_that_stands_there() -> None:
    """So a large upload can be signed by whoever has hashed it before."""
    for text in (TEXT, OPTIONAL, COMPUTED):
        scheme = load(text)
        request = sign(scheme, bare((b"x-digest", WRITTEN), body=None))
        assert request.headers == sign(scheme, bare((b"x-digest", WRITTEN))).headers
        if text is not OPTIONAL:
            with pytest.raises(BodyUnavailableError):
                sign(scheme, bare(body=None))


def test_a_constant_instead_of_a_digest() -> None:
    """It is refused unless the API allows it; then nothing is promised about the body, and coverage says so."""
    refusing, allowing = load(INSTEAD), set_parameters(load(INSTEAD), {"unsigned_body": "allowed"})
    request = sign(refusing, bare(), digest="UNSIGNED")
    assert request.header(b"x-digest") == b"UNSIGNED"
    with pytest.raises(ComponentNotCoveredError, match="UNSIGNED"):
        check(refusing, request)
    check(allowing, Request(b"PUT", b"/", request.headers, body=b"any"))
    check(allowing, Request(b"PUT", b"/", request.headers))
    check(allowing, sign(allowing, bare()))
    with pytest.raises(DigestMismatchError):
        check(allowing, Request(b"PUT", b"/", sign(allowing, bare()).headers, body=b"any"))
    assert Covered.BODY in coverage_of(refusing)
    assert Covered.BODY not in coverage_of(allowing)


def test_a_constant_that_stands_there_is_left_where_it_may_come() -> None:
    """Clients set it before they sign; where it may not come, the digest is put in its place."""
    refusing, allowing = load(INSTEAD), set_parameters(load(INSTEAD), {"unsigned_body": "allowed"})
    request = Request(b"PUT", b"/", [(b"host", b"h"), (b"x-digest", b"UNSIGNED")], body=BODY)
    assert sign(allowing, request).header(b"x-digest") == b"UNSIGNED"
    check(allowing, sign(allowing, request))
    assert sign(refusing, request).header(b"x-digest") == WRITTEN
    other = Request(b"PUT", b"/", [(b"host", b"h"), (b"x-digest", b"UNSIGNEd")], body=BODY)
    assert sign(allowing, other).header(b"x-digest") == WRITTEN


def test_a_scheme_may_say_itself_that_bodies_are_mostly_unsigned() -> None:
    """An API can still refuse them. The parameter is for that and nothing else."""
    declared = "[parameters]\nunsigned_body = { default = 'allowed', one_of = ['allowed', 'refused'], about = 'x' }\n"
    scheme = load(INSTEAD.replace("[fields]", declared + "[fields]"))
    request = sign(scheme, bare(), digest="UNSIGNED")
    check(scheme, request)
    with pytest.raises(ComponentNotCoveredError, match="UNSIGNED"):
        check(set_parameters(scheme, {"unsigned_body": "refused"}), request)
    for text in (
        TEXT.replace("[fields]", declared + "[fields]"),
        INSTEAD.replace("[fields]", declared.replace("'refused'", "'no'") + "[fields]"),
    ):
        with pytest.raises(SchemeError, match="'unsigned_body' cannot be this parameter"):
            load(text)


def test_coverage_of_optional_digests() -> None:
    """What a client may leave out covers nothing; what is computed in its stead does."""
    assert Covered.BODY not in coverage_of(load(OPTIONAL))
    assert Covered.BODY in coverage_of(load(COMPUTED))


def test_what_is_optional_may_depend_on_a_parameter() -> None:
    """A switch over parameters decides when the scheme is loaded."""
    switch = '{ switch = "{kind}", cases = { strict = false }, default = "computed" }'
    text = COMPUTED.replace('"computed"', switch).replace(
        "[fields]", '[parameters]\nkind = { default = "lax", about = "how strict" }\n[fields]'
    )
    assert load(text).digest_fields["digest"].computed_if_absent
    strict = set_parameters(load(text), {"kind": "strict"})
    assert sign(strict, bare()).header(b"x-digest") == WRITTEN
    with pytest.raises(MissingCredentialsError):
        Verifier(strict).present(sign(load(text), bare()), 0)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('optional = "computed"', "a digest of the body may be left out"),
        ('instead = ["UNSIGNED"]', "only a digest of the body can be"),
        ("instead = [1]", "must be a list of texts"),
        ('optional = "maybe"', 'must be "computed", true or false'),
    ],
)
def test_only_a_body_digest_can_be_so(more: str, told: str) -> None:
    """The error says what is meant by one."""
    with pytest.raises(SchemeError, match=told):
        load(TEXT.replace('"header X-Signature"', f'{{ at = "header X-Signature", {more} }}'))


def test_whether_a_body_may_be_unseen() -> None:
    """Every scheme with a body digest has the parameter, and no other has."""
    assert load(TEXT).parameters["unseen_body"] == "allowed"
    assert Verifier(set_parameters(load(TEXT), {"unseen_body": "refused"})).refuses_unseen
    assert "unseen_body" not in having("none").parameters
    with pytest.raises(ConfigurationError, match="no such parameter"):
        set_parameters(having("none"), {"unseen_body": "refused"})
    with pytest.raises(ConfigurationError, match="one of allowed, refused"):
        set_parameters(load(TEXT), {"unseen_body": "maybe"})
