"""Percent-encoding, urlencoded pairs and JSON fields."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.encoding import (
    MAX_PARAMETERS,
    parse_json_fields,
    parse_urlencoded,
    percent_decode,
    percent_encode,
    remove_parameters,
    repeated,
)
from sealstamp.core.filters import base64url
from sealstamp.errors import MalformedCredentialsError

QUERYISH = st.lists(st.sampled_from([b"a", b"b", b"=", b"&", b"%", b"%41", b"%6a", b"%zz", b"+", b"\xff", b""])).map(
    b"".join
)


@given(st.binary())
def test_percent_encoded_and_decoded(text: bytes) -> None:
    """Decoding undoes encoding, and both agree with the standard library."""
    assert percent_decode(percent_encode(text)) == text
    assert percent_encode(text) == quote(text, safe="-._~").encode()


ESCAPES = st.lists(st.sampled_from([b"%", b"%4", b"41", b"%0a", b"=", b"=\n", b"\r", b"_", b" ", b"\xff"])).map(
    b"".join
)


@given(st.binary() | QUERYISH | ESCAPES)
def test_percent_decoded_as_elsewhere(text: bytes) -> None:
    """An escape that is none stays as it is, as most servers leave it."""
    assert percent_decode(text) == unquote_to_bytes(text)


@pytest.mark.parametrize("text", [b"%", b"%4", b"%zz", b"100%", b"%%41", b"%+1", b"% 1", b"%1_"])
def test_escape_that_is_none(text: bytes) -> None:
    """Nothing is read into a broken escape."""
    assert percent_decode(text) == text.replace(b"%41", b"A")


@given(QUERYISH)
def test_urlencoded_as_elsewhere(text: bytes) -> None:
    """Names and values are those that other servers read; of doubles the last counts, and they are named."""
    values, doubled = parse_urlencoded(text)
    pairs = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in parse_qsl(text.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    ]
    values.pop(b"", None)  # a parameter without a name is nobody's, and parse_qsl may leave it out
    assert values == {name: value for name, value in pairs if name}
    assert doubled - {b""} == repeated(name for name, _ in pairs) - {b""}


def test_double_under_another_encoding() -> None:
    """A name is one name, however it is encoded."""
    assert parse_urlencoded(b"sig=1&%73ig=2&s%69g=3") == ({b"sig": b"3"}, frozenset({b"sig"}))


def test_separators() -> None:
    """Only ``&`` separates, and only the first ``=`` divides."""
    assert parse_urlencoded(b"a=1;b=2&c==&d") == ({b"a": b"1;b=2", b"c": b"=", b"d": b""}, frozenset())


def test_limit_of_parameters() -> None:
    """The limit is exact, and empty parameters count."""
    assert len(parse_urlencoded(b"&".join(b"%d" % n for n in range(MAX_PARAMETERS)))[0]) == MAX_PARAMETERS
    with pytest.raises(MalformedCredentialsError, match=str(MAX_PARAMETERS)):
        parse_urlencoded(b"&" * MAX_PARAMETERS)


@given(QUERYISH, QUERYISH)
def test_parameters_removed(before: bytes, after: bytes) -> None:
    """Taking out what was added leaves every other byte as it was."""
    names = frozenset({b"sig"})
    assert remove_parameters(before + b"&s%69g=1&" + after, names) == before + b"&" + after
    assert remove_parameters(before, frozenset()) == before


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)))
def test_json_fields(fields: dict[str, object]) -> None:
    """Texts and whole numbers are fields; truths, fractions and nothing are not."""
    values, doubled = parse_json_fields(json.dumps(fields).encode())
    expected = {name: str(value) for name, value in fields.items() if type(value) in (str, int)}
    assert values == {name.encode(): value.encode() for name, value in expected.items()}
    assert doubled == frozenset()


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b'{"a":1,"\\u0061":"2"}', b'{"b":{"a":1,"a":2}}'])
def test_json_field_twice(body: bytes) -> None:
    """A name that comes twice is told, however it is spelled."""
    assert parse_json_fields(body)[1] == {b"a"}


@pytest.mark.parametrize(
    "body", [b"", b"1", b"[]", b'"a"', b"null", b"{", b"\xff", b"{}x", b"[" * 99_999, b"\xef\xbb\xbf{}"]
)
def test_not_a_json_object(body: bytes) -> None:
    """A body that is not one JSON object in UTF-8 raises MalformedCredentialsError."""
    with pytest.raises(MalformedCredentialsError):
        parse_json_fields(body)


@given(st.binary())
def test_any_body(body: bytes) -> None:
    """Any bytes are fields or MalformedCredentialsError."""
    try:
        values, _ = parse_json_fields(body)
    except MalformedCredentialsError:
        return
    assert all(isinstance(value, bytes) for value in values.values())


def test_base64url() -> None:
    """The URL-safe alphabet is that of RFC 4648, section 5, with its padding."""
    assert base64url(b"\xfb\xff\xbe") == b"-_--"
    assert base64url(b"\xfb") == b"-w=="


@given(
    text=st.binary(max_size=40) | st.text("ab%&=/ +", max_size=40).map(str.encode),
    safe=st.sampled_from([b"", b"/", b"%"]),
)
def test_percent_encode_in_every_way(text: bytes, safe: bytes) -> None:
    """Few characters that need it or many: it is what encoding byte by byte gives."""
    kept = safe + b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    assert percent_encode(text, safe) == b"".join(bytes([b]) if b in kept else b"%%%02X" % b for b in text)
