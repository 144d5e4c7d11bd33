"""Carriers whose values may be absent, encoded, in either case, or several: what is written, read and refused."""

from __future__ import annotations

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.familiar import MAX_LENGTH
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.unpacking import MAX_SEVERAL
from sealstamp.core.verifier import Claim, ReplayBy, Verifier
from sealstamp.errors import (
    DigestMismatchError,
    MalformedCredentialsError,
    MissingCredentialsError,
    SchemeError,
    SignatureMismatchError,
)
from tests.core.schemes import HEAD

PAIR = Credential.of("", "secret")
REQUEST = Request(b"POST", b"/a?b=c", [(b"host", b"h")], body=b"body")
SIGN = """
string_to_sign = "{digest}|{note}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""
PARAMETERS = """
[parameters]
note = { default = "", about = "a note" }
digest_is = { default = "optional", one_of = ["required", "optional", "omitted"], about = "the body's digest" }
"""
DIGEST = '[sign]\ndigest = "{body|sha256|hex}"'
PAIRS = f"""{HEAD}{PARAMETERS}
[packed."header Authorization"]
prefix = "Seal "
quoted = true
pairs = {{ hash = "{{digest}}", note = "{{note}}", mac = "{{signature}}" }}
encoded = ["note"]
optional = {{ note = true, hash = "{{digest_is}}" }}
{DIGEST}{SIGN}"""
FIELDS = f"""{HEAD}{PARAMETERS}
[fields]
digest = {{ at = "header X-Digest", optional = "{{digest_is}}", any_case = true }}
note = {{ at = "header X-Note", optional = true }}
signature = {{ at = "header X-Signature", any_case = true }}
{DIGEST}{SIGN}"""


def load(text: str, **parameters: str) -> Scheme:
    return load_scheme(text, name="t", path="t.toml", parameters=parameters)


def sign(scheme: Scheme, pair: Credential = PAIR, time_ms: int | None = None, **values: str) -> Request:
    return Signer(scheme, pair).sign(REQUEST, time_ms=time_ms, nonce="n", values=values).apply(REQUEST)


def check(scheme: Scheme, request: Request, pair: Credential = PAIR, now_ms: int = 0) -> Claim | None:
    verifier = Verifier(scheme, replay_by=ReplayBy.SIGNATURE if scheme.time else None)
    presented = verifier.present(request, now_ms)
    return verifier.check(request, presented, verifier.bind(pair, consumer="acme"), now_ms)


def changed(request: Request, old: bytes, new: bytes) -> Request:
    headers = [(name, value.replace(old, new)) for name, value in request.headers]
    assert headers != list(request.headers)
    return Request(request.method, request.target, headers, body=request.body)


def emptied(request: Request) -> Request:
    return Request(request.method, request.target, request.headers, body=b"other")


kinds = pytest.mark.parametrize("text", [PAIRS, FIELDS], ids=["pairs", "fields"])


@kinds
def test_what_is_empty_is_not_written(text: str) -> None:
    """An optional value without text leaves no trace, and one with text travels."""
    scheme = load(text)
    assert b"note" not in str(sign(scheme).headers).lower().encode()
    written = sign(scheme, note="a, b=c")
    check(scheme, written)
    presented = Verifier(scheme).present(written, 0)
    assert Verifier(scheme).fields_of(presented)["note"] == "a, b=c"


@kinds
def test_an_optional_digest_is_right_if_it_came(text: str) -> None:
    """It cannot be dropped, nor the body changed under it, for what is signed has it in it."""
    scheme = load(text)
    request = sign(scheme)
    check(scheme, request)
    with pytest.raises(DigestMismatchError):
        check(scheme, emptied(request))
    digest = b"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    with pytest.raises(SignatureMismatchError):
        check(scheme, changed(request, digest, b"0" * 64))


@kinds
def test_an_omitted_digest(text: str) -> None:
    """A signer that leaves it out signs the empty text; who must have it refuses, others do not look at the body."""
    request = sign(load(text, digest_is="omitted"))
    check(load(text), emptied(request))
    check(load(text, digest_is="omitted"), sign(load(text)))
    refused = MalformedCredentialsError if text is PAIRS else MissingCredentialsError
    with pytest.raises(refused):
        check(load(text, digest_is="required"), request)


@kinds
def test_what_need_not_come_is_not_covered(text: str) -> None:
    """A body is covered only where its digest has to come."""
    assert Covered.BODY not in coverage_of(load(text))
    assert Covered.BODY in coverage_of(load(text, digest_is="required"))


def test_an_omitted_digest_needs_no_body() -> None:
    """Nothing is computed of what is left out."""
    Signer(load(PAIRS, digest_is="omitted"), PAIR).sign(Request(b"GET", b"/"))


def test_hexadecimal_in_either_case() -> None:
    """A value marked so is compared without its letters' case, and is one value to a replay guard."""
    scheme = load(FIELDS)
    request = sign(scheme)
    upper = [(name, value.upper()) for name, value in request.headers]
    check(scheme, Request(b"POST", b"/a?b=c", upper, body=b"body"))
    strict = load(FIELDS.replace(", any_case = true", ""))
    with pytest.raises(SignatureMismatchError):
        check(strict, Request(b"POST", b"/a?b=c", upper, body=b"body"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            FIELDS.replace("{string_to_sign|hmac:sha256,secret|hex}", "{string_to_sign|hmac:sha256,secret|base64}"),
            "case",
        ),
        (FIELDS.replace('"{digest_is}"', '"sometimes"'), "true or false, not 'sometimes'"),
        (FIELDS.replace('X-Signature"', 'X-Signature", optional = true'), "'signature' cannot be optional"),
        (PAIRS.replace('["note"]', '["nota"]'), "there is no pair 'nota'"),
        (PAIRS.replace('["note"]', "[[]]"), "there is no pair"),
        (PAIRS.replace("{ note = true,", "{ nota = true,"), "there is no pair 'nota'"),
        (PAIRS.replace("quoted = true", "several = true").replace("{signature}", "{signature}:{x}"), "nothing says"),
        (PAIRS.replace("quoted = true", "base64 = true"), "base64"),
    ],
)
def test_what_cannot_be_meant(text: str, problem: str) -> None:
    """The author is told."""
    with pytest.raises(SchemeError, match=problem):
        load(text)


SEVERAL = {
    "pairs": """
[packed."header Webhook-Signature"]
pairs = { t = "{timestamp}", v1 = "{signature}" }
separator = ","
several = true
""",
    "list": """
[fields]
timestamp = "header Webhook-Timestamp"
[packed."header Webhook-Signature"]
text = "v1,{signature}"
several = true
""",
}
REST = """
[time]
format = "unix-s"
past = "5 min"
future = "5 min"
[sign]
string_to_sign = "{timestamp}.{body}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""
OTHERS = {"pairs": (b",v1=", b",v0="), "list": (b" v1,", b" v0,")}
several = pytest.mark.parametrize("kind", SEVERAL)


def with_others(kind: str, *, before: int = 0, after: int = 0, other: int = 0) -> Request:
    """Return a signed request with wrong signatures, and other versions', around the right one."""
    request = sign(load(HEAD + SEVERAL[kind] + REST), time_ms=0)
    mine, unknown = OTHERS[kind]
    text = request.header(b"webhook-signature")
    right = text[text.index(mine[1:]) :]
    wrong = [mine[1:] + b"%064d" % index for index in range(before + after)]
    items = [*wrong[:before], right, *wrong[before:], *[unknown[1:] + b"1"] * other]
    return changed(request, right, mine[:1].join(items)) if len(items) > 1 else request


@several
def test_any_of_several_signatures_will_do(kind: str) -> None:
    """The right one may stand anywhere among sixteen; other versions are nobody's business."""
    scheme = load(HEAD + SEVERAL[kind] + REST)
    check(scheme, sign(scheme, time_ms=0))
    tokens = {
        claim.token
        for case in [{"before": 3}, {"after": 15}, {"before": 7, "after": 8}, {"other": 40}]
        if (claim := check(scheme, with_others(kind, **case)))
    }
    assert len(tokens) == 1, "a replay guard must know the request whatever stands beside its signature"


@several
def test_too_many_signatures(kind: str) -> None:
    """Each costs a comparison, so there is a limit."""
    with pytest.raises(MalformedCredentialsError):
        check(load(HEAD + SEVERAL[kind] + REST), with_others(kind, after=MAX_SEVERAL))


@several
def test_none_of_several_signatures(kind: str) -> None:
    """Wrong ones and other versions' do not add up to a right one."""
    scheme = load(HEAD + SEVERAL[kind] + REST)
    with pytest.raises(SignatureMismatchError):
        check(scheme, with_others(kind, before=2), Credential.of("", "another"))
    with pytest.raises(MalformedCredentialsError):
        check(scheme, changed(sign(scheme, time_ms=0), b"v1", b"v2"))


BASIC = f"""{HEAD}
[packed."header Authorization"]
prefix = "Basic "
base64 = true
text   = "{{access_key_id}}:{{signature}}"
[sign]
string_to_sign = "{{target}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
NAMED = Credential.of("id", "secret")


def test_a_pair_inside_base64() -> None:
    """The key is named, so it can be looked up; the scheme's word has no case."""
    request = sign(load(BASIC), NAMED)
    assert request.header(b"authorization").startswith(b"Basic aWQ6")
    presented = Verifier(load(BASIC)).present(request, 0)
    assert presented[0] == b"id"
    check(load(BASIC), request, NAMED)
    check(load(BASIC), changed(request, b"Basic", b"basic"), NAMED)


@pytest.mark.parametrize(
    "text", [b"Basic", b"Basic ", b"Basic !", b"Basic aWQ", b"Basic aWQ=", b"Bearer aWQ6", b"Basic " + b"aWQ6" * 5000]
)
def test_what_is_not_a_pair_inside_base64(text: bytes) -> None:
    """Anything else is malformed."""
    with pytest.raises(MalformedCredentialsError):
        check(load(BASIC), Request(b"GET", b"/", [(b"authorization", text)]), NAMED)


CHOICE = f"""{HEAD}
[parameters]
allowed = {{ default = "a b", about = "what is accepted" }}
kind = {{ default = "a", one_of = ["a", "b", "c"], accept = "{{allowed}}", about = "the kind" }}
[fields]
kind = "header X-Kind"
signature = "header X-Signature"
[sign]
string_to_sign = "{{kind}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


def test_a_travelling_choice_is_one_that_is_accepted() -> None:
    """A value outside the list is refused though it is signed; an API can say which are inside."""
    check(load(CHOICE), sign(load(CHOICE), kind="b"))
    for scheme, kind in [(load(CHOICE), "c"), (load(CHOICE), "x"), (load(CHOICE, allowed="a"), "b")]:
        with pytest.raises(MalformedCredentialsError, match="kind is none of those that are accepted"):
            check(scheme, sign(scheme, kind=kind))
    check(load(CHOICE, allowed="c"), sign(load(CHOICE), kind="c"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (CHOICE.replace('"a b"', '"a d"'), "'kind' cannot be 'd'"),
        (CHOICE.replace('one_of = ["a", "b", "c"], ', ""), "'accept' needs one_of"),
    ],
)
def test_a_choice_that_cannot_be(text: str, problem: str) -> None:
    """Only of what there is can a verifier accept something."""
    with pytest.raises(SchemeError, match=problem):
        load(text)


@pytest.mark.parametrize("part", [b" ", b'"', b"a", b"=", b"a=", b'a="', b",", b'a="",'])
def test_long_hostile_pairs_take_linear_time(part: bytes) -> None:
    """The longest text of one repeated piece is answered at once; the suite's time limit would tell otherwise."""
    text = b"Seal " + (part * MAX_LENGTH)[: MAX_LENGTH - 6]
    with pytest.raises(MalformedCredentialsError):
        check(load(PAIRS), Request(b"GET", b"/", [(b"authorization", text)]))
