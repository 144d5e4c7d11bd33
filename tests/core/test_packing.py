"""Packed carriers: what is written is read back, and nothing else is read into a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core import packing
from sealstamp.core.encoding import percent_decode
from sealstamp.core.packing import MAX_LENGTH, make_pair_lister, make_reader, make_writer
from sealstamp.core.scheme import Packed
from sealstamp.errors import MalformedCredentialsError
from tests.core.schemes import HEAD, load

VALUES = st.text("abcXYZ019+/=._~-", min_size=0, max_size=20).map(str.encode)


def packed(lines: str) -> Packed:
    text = f"""{HEAD}
[parameters]
a = {{ default = "", about = "one" }}
b = {{ default = "", about = "another" }}
[packed."header A"]
{lines}
[sign]
string_to_sign = "{{a}}{{b}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    (carrier,) = load(text).carriers
    assert isinstance(carrier, Packed)
    return carrier


TEMPLATE = packed('text = "SEAL {a}:{b}, {signature}"')
PAIRS = packed('prefix = "SEAL "\npairs = { a = "{a}", b = "x{b}", s = "{signature}" }\nseparator = ", "')
QUOTED = packed('pairs = { a = "{a}", b = "{b}", s = "{signature}" }\nseparator = ";"\nquoted = true')
SPACES = packed('pairs = { a = "{a}", b = "{b}", s = "{signature}" }\nseparator = " "')
kinds = pytest.mark.parametrize(
    "kind", [TEMPLATE, PAIRS, QUOTED, SPACES], ids=["template", "pairs", "quoted", "spaces"]
)


@kinds
@given(values=st.tuples(VALUES, VALUES, VALUES))
def test_read_back(kind: Packed, values: tuple[bytes, ...]) -> None:
    """Values without the carrier's own separators are read as they were written."""
    text = make_writer(kind)(dict(zip(kind.carried, values, strict=True)))
    assert make_reader(kind)(text) == values


@kinds
@given(
    text=st.binary(max_size=60)
    | st.lists(st.sampled_from([b"SEAL ", b"a=", b"b=x", b"s=", b", ", b";", b":", b'"', b" "])).map(b"".join)
)
def test_any_bytes(kind: Packed, text: bytes) -> None:
    """Any bytes are as many values as there are names, or MalformedCredentialsError."""
    try:
        assert len(make_reader(kind)(text)) == 3
    except MalformedCredentialsError as error:
        assert str(error) == "header A is not written as the scheme says"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TEMPLATE, b"SEAL a:b,s"),
        (TEMPLATE, b"seal a:b, s"),
        (TEMPLATE, b" SEAL a:b, s"),
        (TEMPLATE, b"SEAL a:b:c"),
        (PAIRS, b"a=1, b=x2, s=3"),
        (PAIRS, b"SEAL a=1, b=2, s=3"),
        (PAIRS, b"SEAL a=1, s=3"),
        (PAIRS, b"SEAL a=1, a=1, b=x2, s=3"),
        (PAIRS, b"SEAL a=1, b=x2, s=3, c=1, c=1"),
        (PAIRS, b"SEAL A=1, b=x2, s=3"),
        (QUOTED, b'a="1";b="2"'),
        (TEMPLATE, b""),
        (PAIRS, b""),
    ],
)
def test_written_otherwise(kind: Packed, text: bytes) -> None:
    """What is missing, doubled or in another case is not read."""
    with pytest.raises(MalformedCredentialsError):
        make_reader(kind)(text)


@pytest.mark.parametrize(
    "text", [b"SEAL s=3,b=x2,a=1", b"SEAL a=1 ,  b=x2 , s=3", b'SEAL a="1", b="x2", s="3"', b"SEAL z=9, a=1, b=x2, s=3"]
)
def test_pairs_as_clients_write_them(text: bytes) -> None:
    """Pairs come in any order, with spaces and quotes or without, and with others among them."""
    assert make_reader(PAIRS)(text) == (b"1", b"2", b"3")


OPTIONAL = packed('prefix = "S "\npairs = { s = "{signature}", a = "{a}", b = "{b}/1" }\noptional = { a = true }')


ENCODED = packed(
    'pairs = { a = "{a}", b = "{b}", s = "{signature}" }\n'
    "encoded = true\nquoted = true\noptional = { a = true, b = true }"
)


@pytest.mark.parametrize(
    "kind",
    [PAIRS, QUOTED, SPACES, OPTIONAL, ENCODED],
    ids=["pairs", "quoted", "spaces", "optional", "encoded"],
)
@given(
    pieces=st.lists(
        st.sampled_from(
            b'S |SEAL |a=|b=|b=x|s=|a="|b="|s="|, |,|;|"|"; |"; | |  |1|2/1|%2C|/|=|\t|\n|"1"|=1'.split(b"|")
        ),
        max_size=16,
    ),
    values=st.tuples(VALUES, VALUES, VALUES),
)
def test_the_usual_writing_means_the_same(kind: Packed, pieces: list[bytes], values: tuple[bytes, ...]) -> None:
    """What is read all at once is what reading pair by pair gives."""
    usual, strip, read = packing._usual_writing(kind), packing._prefix_reader(kind), packing._pairs_reader(kind)
    assert usual is not None
    written = make_writer(kind)(dict(zip(kind.carried, values, strict=True)))
    for text in (b"".join(pieces), written, written + b"".join(pieces)):
        if match := usual(text):
            found = map(percent_decode, match.groups(b"")) if kind.encoded else match.groups(b"")
            assert (*found,) == read(strip(text) or b"")
            pairs = packing._pair_splitter(kind.separator)(strip(text) or b"") or []
            assert make_pair_lister(kind, frozenset())(text) == [
                (key, percent_decode(value) if kind.encoded else value) for key, value in pairs
            ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (PAIRS, b"SEAL a=1, b=x2, s=3"),
        (PAIRS, b"SEAL a=1,b=x2,s=3"),
        (QUOTED, b'a="1";b="2 2"; s="3="'),
        (SPACES, b"a=1 b=2 s=3"),
        (OPTIONAL, b"S s=1, b=2/1"),
        (OPTIONAL, b"S s=1, a=2, b=2/1"),
        (ENCODED, b's="1%2C"'),
        (ENCODED, b'b="2", s="1%2C"'),
    ],
)
def test_what_is_read_all_at_once(kind: Packed, text: bytes) -> None:
    """The scheme's own order, with spaces or without, and optional pairs or not."""
    usual = packing._usual_writing(kind)
    assert usual is not None
    assert usual(text)


@kinds
def test_length(kind: Packed) -> None:
    """A text longer than anybody needs is refused before it is read."""
    with pytest.raises(MalformedCredentialsError):
        make_reader(kind)(b"SEAL a:b, " + b"s" * MAX_LENGTH)


def test_length_that_is_read() -> None:
    """Up to the limit it is read."""
    assert make_reader(TEMPLATE)(b"SEAL a:b, " + b"s" * (MAX_LENGTH - 10))[2] == b"s" * (MAX_LENGTH - 10)


def test_value_that_holds_the_last_names_separator() -> None:
    """The last value may hold anything, for nothing comes after it."""
    assert make_reader(TEMPLATE)(b"SEAL a:b, s:t, u\n") == (b"a", b"b", b"s:t, u\n")
