"""What holds for every scheme of the catalogue and any request: properties, tried with what Hypothesis thinks up."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.places import Where
from sealstamp.core.request import Request
from sealstamp.core.scheme import SIGNATURE
from sealstamp.core.signer import Signer
from sealstamp.core.xmlfields import write_element
from sealstamp.errors import ConfigurationError, Reason
from sealstamp.schemes import get_scheme, scheme_names
from sealstamp.vectors.case import Key, judge
from sealstamp.vectors.faults.values import put
from sealstamp.vectors.situation import Signed, Situation
from sealstamp.vectors.surgery import rebuilt, replaced, value_at, with_header, with_query

EVERY = pytest.mark.parametrize("name", scheme_names())
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
"""There are many schemes, and each has its six; together they are several hundred."""


@cache
def situation_of(name: str) -> Situation:
    return Situation(get_scheme(name))


TAKE_JSON = {"gemini"}
"""Schemes in code that sign the members of a JSON body, and no other body."""
METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"PURGE"])
WORDS = st.text(min_size=1, max_size=12).filter(lambda text: not any(0xD800 <= ord(letter) < 0xE000 for letter in text))
PATHS = st.lists(WORDS, max_size=4).map(lambda words: "".join(f"/{quote(word, safe='')}" for word in ["v1", *words]))
PAIRS = st.lists(st.tuples(WORDS.map(lambda word: f"q{word}"), WORDS), max_size=5)
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
HEADERS = st.dictionaries(st.from_regex(r"x-extra-[a-z0-9]{1,8}", fullmatch=True), VALUES, max_size=3)
SECRETS = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=64),
    st.binary(min_size=32, max_size=48).map(lambda raw: base64.b64encode(raw).decode()),
)


@st.composite
def requests(draw: st.DrawFn, situation: Situation) -> Request:
    """Any request that a client of the scheme might sign."""
    query = urlencode(draw(PAIRS), quote_via=draw(st.sampled_from([quote, lambda text, *_: quote(text, safe="!*'()")])))
    target = (draw(PATHS) + (f"?{query}" if query else "")).encode()
    pairs = draw(PAIRS)
    if situation.in_body is Where.JSON or situation.scheme.name in TAKE_JSON:
        request = situation.post(target, json.dumps(dict(pairs), ensure_ascii=draw(st.booleans())).encode())
    elif situation.in_body is Where.FORM:
        request = situation.post(target, urlencode(pairs).encode())
    elif situation.in_body is Where.XML:
        request = situation.post(target, b"<xml>%b</xml>" % b"".join(_elements(pairs)))
    else:
        body = draw(st.one_of(st.binary(max_size=60), st.just(urlencode(pairs).encode())))
        request = rebuilt(situation.post(target, body), method=draw(METHODS))
    for header, value in draw(HEADERS).items():
        request = with_header(request, header.encode(), value.encode())
    return request


def _elements(pairs: list[tuple[str, str]]) -> Iterator[bytes]:
    """The pairs as XML, each under a name of its own; what cannot be in XML is left out."""
    for number, (_, value) in enumerate(pairs):
        yield write_element(b"f%d" % number, "".join(filter(str.isprintable, value)).encode())


def credential_with(situation: Situation, secret: str) -> Credential:
    """The scheme's key with this secret, if it can be one; some texts are public keys, which cannot sign."""
    credential = Credential.of(situation.credential.access_key_id, secret)
    try:
        Signer(situation.scheme, credential)
    except ConfigurationError:
        return situation.credential
    return credential


def outcome(situation: Situation, request: Request, credential: Credential | None = None) -> Reason:
    """How a request ends; whatever is raised but a refusal goes through."""
    return judge(situation.draft("", "", request, key=Key(credential or situation.credential)))


@EVERY
@FEW
@given(data=st.data())
def test_whatever_is_signed_is_accepted(name: str, data: st.DataObject) -> None:
    """Any method, path, query, header, body and secret: what the signer makes the verifier takes."""
    situation = situation_of(name)
    credential = credential_with(situation, data.draw(SECRETS))
    request = data.draw(requests(situation))
    signed = situation.sign(request, credential=credential).request
    assert outcome(situation, signed, credential) is Reason.ACCEPTED


@EVERY
@FEW
@given(data=st.data())
def test_whatever_is_covered_cannot_be_changed(name: str, data: st.DataObject) -> None:
    """Each part that coverage names, changed in any request: refused."""
    situation = situation_of(name)
    signed = situation.sign(data.draw(requests(situation))).request
    for part in sorted(coverage_of(situation.scheme)):
        changed = flipped(signed, part, data)
        if changed is not None:
            assert outcome(situation, changed) is not Reason.ACCEPTED, part


def flipped(request: Request, part: Covered, data: st.DataObject) -> Request | None:
    """The request with one part of it changed, or nothing where there is nothing to change."""
    body = request.body or b""
    match part:
        case Covered.METHOD:
            return rebuilt(request, method=data.draw(METHODS.filter(lambda method: method != request.method)))
        case Covered.HOST:
            lines = [(key, b"x" + value if key == b"host" else value) for key, value in request.headers]
            return rebuilt(request, headers=lines)
        case Covered.PATH:
            return rebuilt(request, target=b"/w2" + request.target.removeprefix(b"/v1"))
        case Covered.QUERY:
            return with_query(request, b"qadded=1" + (b"&" + request.query if request.query else b""))
        case Covered.BODY if request.header(b"content-type") == b"application/json" and body[:1] == b"{":
            return rebuilt(request, body=b'{"qadded":"1"' + (b"," if len(body) > 2 else b"") + body[1:])
        case Covered.BODY if request.header(b"content-type").endswith(b"urlencoded"):
            return rebuilt(request, body=b"qadded=1" + (b"&" + body if body else b""))
        case Covered.BODY:
            return rebuilt(request, body=body + data.draw(st.binary(min_size=1, max_size=3)))
        case _:
            return None


@EVERY
@FEW
@given(junk=st.binary(max_size=300))
@example(junk=b"")
@example(junk=b"\xff" * 20_000)
@example(junk=b'"' * 50 + b"," * 50 + b"=" * 50)
@example(junk=b"\xed\xa0\x80")
def test_hostile_bytes_are_refused_and_nothing_else(name: str, junk: bytes) -> None:
    """Any bytes where the scheme's fields travel: a refusal, and no other error."""
    situation = situation_of(name)
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        for place in carrier.places[:1]:
            if value_at(signed, place) == junk:
                continue
            for raw in (True, False) if place.where in (Where.QUERY, Where.FORM) else (False,):
                reason = outcome(situation, replaced(signed, place, junk, raw=raw))
                assert reason is not Reason.ACCEPTED or carrier.optional, place


@EVERY
@FEW
@given(target=st.binary(max_size=80), body=st.binary(max_size=80), value=st.binary(max_size=80))
def test_hostile_requests_are_answered(name: str, target: bytes, body: bytes, value: bytes) -> None:
    """A request that is bytes of any kind beside its fields: accepted or refused, and no other error."""
    situation = situation_of(name)
    signed = situation.sign().request
    outcome(situation, rebuilt(signed, target=b"/" + target))
    outcome(situation, rebuilt(signed, body=body))
    for header in (b"host", b"content-type", b"content-md5", b"content-length"):
        outcome(situation, rebuilt(signed, headers=[*(h for h in signed.headers if h[0] != header), (header, value)]))


@EVERY
@FEW
@given(data=st.data())
def test_any_other_signature_is_refused(name: str, data: st.DataObject) -> None:
    """One character of the signature changed, anywhere in it."""
    situation = situation_of(name)
    signed = signed_once(name).request
    value = situation.values(signed)[SIGNATURE]
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(
        st.sampled_from(b"abcXYZ019+/=_-").filter(lambda byte: bytes([byte]).lower() != value[at : at + 1].lower())
    )
    assert outcome(situation, put(situation, signed, SIGNATURE, value[:at] + bytes([other]) + value[at + 1 :])) in (
        Reason.SIGNATURE_MISMATCH,
        Reason.MALFORMED_CREDENTIALS,
    )


@cache
def signed_once(name: str) -> Signed:
    return situation_of(name).sign()
