"""What holds for every scheme and every request, tried on requests that nobody would think of."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.places import Where
from sealstamp.core.placing import Addition, place_all
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import (
    DigestMismatchError,
    MalformedCredentialsError,
    MissingCredentialsError,
    SignatureMismatchError,
    VerificationError,
)
from tests.core.schemes import EVERY, NOW_MS, TESTED, bare, bound, load, remade, scheme, signed, verify

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_scheme = pytest.mark.parametrize("name", EVERY)

TOKEN = st.text("ABCXYZabcxyz0189-_.~", min_size=1, max_size=40)
VISIBLE = st.integers(0x21, 0xFF).map(lambda byte: bytes([byte]))
NO_QUERY = VISIBLE.filter(lambda byte: byte not in b"?#")


def raw(part: st.SearchStrategy[bytes], longest: int = 20) -> st.SearchStrategy[bytes]:
    return st.lists(part, max_size=longest).map(b"".join)


@dataclass(frozen=True)
class Case:
    """One signing: by whom, of what, when."""

    secret: bytes
    access_key_id: str
    nonce: str
    time_ms: int
    request: Request


SECRETS = st.binary(min_size=1, max_size=100).filter(lambda text: not text.startswith((b"whpk_", b"whsk_")))
"""What opens so is a key of a pair (Standard Webhooks), and no shared secret."""


@st.composite
def queries(draw: st.DrawFn) -> bytes:
    """Any query in which no signed parameter comes twice."""
    names = draw(st.lists(raw(VISIBLE.filter(lambda byte: byte not in b"&#=p%"), 5), max_size=4, unique=True))
    pieces = [name + b"=" + draw(raw(VISIBLE.filter(lambda byte: byte not in b"&#"), 8)) for name in names]
    return b"&".join(draw(st.permutations([*pieces, *draw(st.sampled_from([[], [b"page=7"], [b""]]))])))


def bodies(name: str) -> st.SearchStrategy[bytes]:
    if name == "json":
        values = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=2)
        objects = st.dictionaries(st.text(max_size=5), values, max_size=4)
        return st.sampled_from([b"", b"{}", b'{"a":"\\ud800"}']) | objects.map(lambda value: json.dumps(value).encode())
    return st.sampled_from([b"", b"a=1", b"a=1&b=%zz"]) if name == "form" else st.binary(max_size=40)


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    kind = b"application/x-www-form-urlencoded; charset=utf-8" if name == "form" else b"application/octet-stream"
    headers = [(b"host", draw(st.sampled_from([b"example.com", b"a.example:81", b"[::1]:8080", b"[::1]"])))]
    headers += [(b"content-type", kind)] + [(b"x-extra", draw(raw(VISIBLE)))] * draw(st.booleans())
    mark = draw(st.sampled_from([b"", b"?"]))
    target = b"/" + draw(raw(NO_QUERY)) + mark + (draw(queries()) if mark else b"")
    method = draw(st.sampled_from([b"GET", b"POST", b"PATCH"]))
    request = Request(method, target, headers, body=draw(bodies(name)))
    secret, time_ms = draw(SECRETS), draw(st.integers(0, 4_000_000_000_000))
    return Case(secret, draw(TOKEN) if scheme(name).names_key else "", draw(TOKEN), time_ms, request)


def additions_of(name: str, case: Case) -> list[Addition]:
    signer = Signer(scheme(name), Credential.of(case.access_key_id, case.secret))
    return signer.sign(case.request, time_ms=case.time_ms, nonce=case.nonce).additions


def accepts(name: str, case: Case, request: Request) -> None:
    """Verify with the case's key. Raises VerificationError."""
    verifier = Verifier(scheme(name))
    key = verifier.bind(Credential.of(case.access_key_id, case.secret), consumer="acme")
    verifier.verify(request, case.time_ms, {case.access_key_id.encode(): key}.get)


@every_scheme
def test_signed_and_verified(name: str) -> None:
    """What a signer signs, a verifier with the same secret accepts; with another secret it does not."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        case = data.draw(cases(name))
        request = place_all(case.request, additions_of(name, case))
        accepts(name, case, request)
        stranger = Case(case.secret + b"!", case.access_key_id, case.nonce, case.time_ms, case.request)
        with pytest.raises(SignatureMismatchError):
            accepts(name, stranger, request)

    holds()


# changes


def changed_method(request: Request) -> Request:
    return remade(request, method=b"POST" if request.method == b"GET" else b"GET")


def changed_host(request: Request) -> Request:
    headers = [(key, b"other.example") if key == b"host" else (key, value) for key, value in request.headers]
    return remade(request, headers=headers)


def changed_path(request: Request) -> Request:
    path, mark, query = request.target.partition(b"?")
    return remade(request, target=path + b"/x" + mark + query)


def changed_query(request: Request) -> Request:
    return remade(request, target=request.target + (b"&" if b"?" in request.target else b"?") + b"zz=1")


def changed_body(request: Request) -> Request:
    body = request.body or b""
    if body.startswith(b"{") and body.endswith(b"}") and len(body) > 2:
        body = b'{"zz":1,' + body[1:]
    else:
        body += b"&zz=1"
    return remade(request, body=body)


CHANGES = {
    Covered.METHOD: changed_method,
    Covered.HOST: changed_host,
    Covered.PATH: changed_path,
    Covered.QUERY: changed_query,
    Covered.BODY: changed_body,
}


@pytest.mark.parametrize("part", CHANGES, ids=str)
@every_scheme
def test_one_part_changed(name: str, part: Covered) -> None:
    """A change of what is covered is a mismatch; a change of what is not is accepted, and coverage says which."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        case = data.draw(cases(name))
        request = place_all(case.request, additions_of(name, case))
        changed = CHANGES[part](request)
        if part in coverage_of(scheme(name)):
            digested = part is Covered.BODY and scheme(name).body_digests
            with pytest.raises(DigestMismatchError if digested else SignatureMismatchError):
                accepts(name, case, changed)
        else:
            accepts(name, case, changed)

    holds()


COVERAGE = {
    "stardust": {Covered.TIME, Covered.ACCESS_KEY_ID},
    "cdnetworks-api-shield": {Covered.TIME},
    "taurusx": {Covered.TIME},
    "bbx": {Covered.TIME, Covered.ACCESS_KEY_ID, Covered.NONCE},
    "lines": set(Covered) - {Covered.NONCE},
    "packed-text": set(Covered) - {Covered.HOST},
    "packed-quoted": set(Covered) - {Covered.QUERY, Covered.BODY},
    "packed-plain": {Covered.TIME, Covered.BODY},
    "form": {Covered.TIME, Covered.ACCESS_KEY_ID, Covered.NONCE, Covered.PATH},
    "json": {Covered.TIME, Covered.ACCESS_KEY_ID, Covered.METHOD},
    "query": {Covered.TIME, Covered.ACCESS_KEY_ID, Covered.HOST, Covered.PATH, Covered.QUERY},
    "digest": {Covered.TIME, Covered.HOST, Covered.BODY},
}


@every_scheme
def test_coverage(name: str) -> None:
    """Coverage is what reading the scheme tells."""
    assert coverage_of(scheme(name)) == COVERAGE[name]


def test_coverage_down_a_chain_of_uses() -> None:
    """Coverage, compiling and checking take no longer for a name that is used again and again, at every step."""
    chain = "\n".join(f'a{n} = "{{a{n - 1}}}{{a{n - 1}}}"' for n in range(1, 40))
    text = TESTED["json"].replace("[sign]\n", f'[sign]\na0 = "{{path|md5|hex}}"\n{chain}\nunused = "{{a1}}"\n')
    assert Covered.PATH not in coverage_of(load(text))


@every_scheme
def test_any_byte_of_what_was_added_changed(name: str) -> None:
    """No byte of an addition can be another, unless the verifier reads the same values from it."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        case = data.draw(cases(name))
        additions = additions_of(name, case)
        position = data.draw(st.integers(0, len(additions) - 1))
        place, value = additions[position]
        at = data.draw(st.integers(0, max(0, len(value) - 1)))
        byte = data.draw(st.integers(0x20, 0x7E))
        assume(value and value[at] != byte)
        additions[position] = place, value[:at] + bytes([byte]) + value[at + 1 :]
        request = place_all(case.request, additions)
        try:
            accepts(name, case, request)
        except VerificationError:
            return
        present = Verifier(scheme(name)).present
        before = place_all(case.request, additions_of(name, case))
        assert present(request, case.time_ms) == present(before, case.time_ms)

    holds()


@every_scheme
def test_any_bytes_in_any_carrier(name: str) -> None:
    """Whatever comes where a field belongs, the answer is yes or a VerificationError."""

    @few
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        additions = [(place, value) for place, value in additions_of(name, SAMPLE[name])]
        position = data.draw(st.integers(0, len(additions) - 1))
        place, value = additions[position]
        hostile = data.draw(st.binary(max_size=60) | st.binary(max_size=5).map(lambda tail: value + tail))
        if place.where is Where.JSON:
            hostile = hostile.decode("latin-1").encode()
        additions[position] = place, hostile
        request = place_all(SAMPLE[name].request, additions)
        try:
            accepts(name, SAMPLE[name], request)
        except VerificationError as error:
            assert str(error).isascii()

    holds()


SAMPLE = {name: Case(b"secret", "id" if scheme(name).names_key else "", "5f1c", NOW_MS, bare(name)) for name in EVERY}

JSON_BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff",
    b'{"sign":' * 5_000,
    b"[" * 100_000,
    b'{"sign":1e999,"timestamp":NaN}',
    b'{"sign":"\\ud800","timestamp":"\\udfff","appKey":"\\ud800"}',
    b'{"timestamp":%s,"sign":"","appKey":""}' % (b"9" * 5_000),
    b'{"timestamp":%s,"sign":"","appKey":""}' % (b"9" * 4_000),
    b'{"timestamp":true,"sign":null,"appKey":{}}',
    b'{"timestamp":1612149637000,"timestamp":1612149637000,"sign":"a","appKey":"b"}',
    '{"sign":"é"}'.encode("utf-16"),
]


@pytest.mark.parametrize("body", JSON_BODIES, ids=range(len(JSON_BODIES)))
def test_body_that_is_not_the_json_meant(body: bytes) -> None:
    """A body made to break a JSON parser is refused as anything else is."""
    with pytest.raises(VerificationError):
        verify("json", remade(signed("json"), body=body))


def test_json_numbers_are_read_as_texts() -> None:
    """A time that comes as a JSON number is the text of that number, and signed as such."""
    request = signed("json")
    assert request.body is not None
    as_number = request.body.replace(b'"timestamp":"%d"' % NOW_MS, b'"timestamp":%d' % NOW_MS)
    assert as_number != request.body
    verify("json", remade(request, body=as_number))


@every_scheme
def test_any_bytes_anywhere(name: str) -> None:
    """A request of nothing but arbitrary bytes raises VerificationError and nothing else."""
    wanted = {place for carrier in scheme(name).carriers for place in carrier.places}
    keys = st.sampled_from(sorted({place.key for place in wanted} | {b"host", b"x-extra", b"content-type"}))
    verifier, key = bound(name)

    @settings(few, max_examples=40)
    @given(
        st.binary(max_size=10),
        st.binary(max_size=60) | keys.map(lambda name: b"/?" + name + b"=1&" + name),
        st.lists(st.tuples(keys | st.binary(max_size=10), st.binary(max_size=30) | st.just(b"1612149637")), max_size=8),
        st.sampled_from([b"https", b"http", b"\xff"]),
        st.none() | st.binary(max_size=10),
        st.binary(max_size=60),
    )
    def holds(method: bytes, target: bytes, headers: list, scheme: bytes, authority: bytes | None, body: bytes) -> None:  # type: ignore[type-arg]
        request = Request(method, target, headers, scheme=scheme, authority=authority, body=body)
        with pytest.raises(VerificationError):
            verifier.verify(request, NOW_MS, lambda _: key)

    holds()


# what is particular to some


def test_signed_query_parameter_changed() -> None:
    """A single signed parameter is covered, encoded or not; coming twice it means two things and is refused."""
    for change in (b"page=3", b"page=", b"Page=2"):
        with pytest.raises(SignatureMismatchError):
            verify("lines", remade(signed("lines"), target=b"/orders/7?q=a%20b&" + change))
    with pytest.raises(MalformedCredentialsError):
        verify("lines", remade(signed("lines"), target=b"/orders/7?page=2&page=2"))


def test_signed_header_changed() -> None:
    """A signed header is covered: another value and its absence are mismatches, its double is refused."""
    request = signed("lines")
    others = [line for line in request.headers if line[0] != b"x-extra"]
    for headers in (others, [*others, (b"x-extra", b"less")]):
        with pytest.raises(SignatureMismatchError):
            verify("lines", remade(request, headers=headers))
    with pytest.raises(MalformedCredentialsError):
        verify("lines", remade(request, headers=[*request.headers, (b"x-extra", b"more")]))


@pytest.mark.parametrize("name", ["lines", "packed-quoted", "query"])
def test_two_hosts_where_the_host_is_signed(name: str) -> None:
    """Two Host headers name two hosts, and nobody can tell which of them was meant."""
    request = signed(name)
    with pytest.raises(MalformedCredentialsError):
        verify(name, remade(request, headers=[*request.headers, (b"host", b"other.example")]))


def test_port_and_scheme_are_signed() -> None:
    """Where port and URL scheme are signed, their change is a mismatch."""
    request = signed("lines")
    headers = [(key, b"api.example.com") if key == b"host" else (key, value) for key, value in request.headers]
    with pytest.raises(SignatureMismatchError):
        verify("lines", remade(request, headers=headers))
    plain = Request(request.method, request.target, request.headers, scheme=b"http", body=request.body)
    with pytest.raises(SignatureMismatchError):
        verify("lines", plain)


def test_travelling_parameter() -> None:
    """A parameter that travels is signed with the value it has in the request."""
    test = scheme("packed-quoted")
    signer = Signer(test, Credential.of("id", "secret"))
    verifier = Verifier(test)
    key = verifier.bind(Credential.of("id", "secret"), consumer="acme")
    request = bare("packed-quoted")
    made = signer.sign(request, time_ms=NOW_MS, nonce="n", values={"version": "22"}).apply(request)
    assert b'Credential="id/22"' in made.header(b"authorization")
    verifier.verify(made, NOW_MS, lambda _: key)
    forged = [(name, value.replace(b"id/22", b"id/23")) for name, value in made.headers]
    with pytest.raises(SignatureMismatchError):
        verifier.verify(remade(made, headers=forged), NOW_MS, lambda _: key)


@pytest.mark.parametrize("session", ["", "abc"])
def test_optional_field_under_its_other_name(session: str) -> None:
    """What may be left out is read from each of its places, and may be in none."""
    request = bare("query")
    signer = Signer(scheme("query"), Credential.of("id", "secret"))
    verifier = Verifier(scheme("query"))
    key = verifier.bind(Credential.of("id", "secret"), consumer="acme")
    written = signer.sign(request, time_ms=NOW_MS, values={"session": session}).apply(request)
    assert verifier.verify(written, NOW_MS, lambda _: key).access_key_id == "id"
    without = remade(written, target=written.target.replace(b"&Session=" + session.encode(), b""))
    elsewhere = remade(without, headers=[(b"x-session", b"elsewhere")])
    assert verifier.fields_of(verifier.present(without, NOW_MS))["session"] == ""
    assert verifier.fields_of(verifier.present(elsewhere, NOW_MS))["session"] == "elsewhere"


@pytest.mark.parametrize("edit", [b'SEAL4 Nonce="', b"SEAL ", b"SEAL4"])
def test_packed_text_that_is_not_as_the_scheme_says(edit: bytes) -> None:
    """A packed text without its prefix, or with a pair twice, is malformed."""
    request = signed("packed-quoted")
    text = request.header(b"authorization").replace(b"SEAL4 ", edit)
    others = [line for line in request.headers if line[0] != b"authorization"]
    with pytest.raises(MalformedCredentialsError):
        verify("packed-quoted", remade(request, headers=[*others, (b"authorization", text)]))


def test_the_authentication_scheme_has_no_case() -> None:
    """``seal4`` in an Authorization header is SEAL4 (RFC 9110, section 11.1)."""
    request = signed("packed-quoted")
    text = request.header(b"authorization").replace(b"SEAL4 ", b"seal4 ")
    others = [line for line in request.headers if line[0] != b"authorization"]
    verify("packed-quoted", remade(request, headers=[*others, (b"authorization", text)]))


def test_packed_pairs_in_another_order() -> None:
    """Pairs are read in any order, with or without quotes and spaces, and others among them are left alone."""
    request = signed("packed-quoted")
    pairs = request.header(b"authorization").removeprefix(b"SEAL4 ").replace(b'"', b"").split(b", ")
    others = [line for line in request.headers if line[0] != b"authorization"]
    text = b"SEAL4 " + b",".join([b"Extra=1", *reversed(pairs)])
    verify("packed-quoted", remade(request, headers=[*others, (b"authorization", text)]))


def test_form_field_in_a_body_of_another_type() -> None:
    """A body that does not say it is a form is not read as one."""
    request = signed("form")
    headers = [line for line in request.headers if line[0] != b"content-type"]
    with pytest.raises(MissingCredentialsError):
        verify("form", remade(request, headers=headers))
