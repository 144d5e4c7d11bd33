"""Packed carriers: what is written is read back, and nothing else is read into a text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core import unpacking
from sealstamp.core.encoding import percent_decode
from sealstamp.core.familiar import MAX_LENGTH, MOST, make_pair_joiner, usual_writing
from sealstamp.core.packing import make_writer
from sealstamp.core.scheme import Packed
from sealstamp.core.unpacking import make_pair_lister, make_reader
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
PLAIN = packed('pairs = { a = "{a}", b = "{b}", s = "{signature}" }\nseparator = ";"\nquoted = true\nbare = ["b"]')
SPACES = packed('pairs = { a = "{a}", b = "{b}", s = "{signature}" }\nseparator = " "')
kinds = pytest.mark.parametrize(
    "kind", [TEMPLATE, PAIRS, QUOTED, PLAIN, SPACES], ids=["template", "pairs", "quoted", "plain", "spaces"]
)


@kinds
@given(values=st.tuples(VALUES, VALUES, VALUES))
def test_read_back(kind: Packed, values: tuple[bytes, ...]) -> None:
    """Values without the carrier's own separators are read as they were written."""
    text = make_writer(kind)(dict(zip(kind.carried, values, strict=True)))
    assert make_reader(kind)(text) == values


def test_quotes_stand_where_they_are_meant_to_and_are_read_anywhere() -> None:
    """Numbers, say, without them."""
    values = {"a": b"1", "b": b"2", "signature": b"3"}
    assert make_writer(PLAIN)(values) == b'a="1";b=2;s="3"'
    for text in (b'a="1";b=2;s="3"', b'a=1;b="2";s=3', b'a="1"; b=2; s="3"'):
        assert make_reader(PLAIN)(text) == (b"1", b"2", b"3")


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


def read_of(kind: Packed) -> Callable[[bytes], tuple[bytes, ...] | None]:
    read = make_reader(kind)

    def read_or_refuse(text: bytes) -> tuple[bytes, ...] | None:
        try:
            return read(text)
        except MalformedCredentialsError:
            return None

    return read_or_refuse


ENDING = packed('prefix = "S "\npairs = { a = "{a}/{b}", s = "{signature}" }')
SHARED = {kind: read_of(kind) for kind in (PAIRS, QUOTED, SPACES, OPTIONAL, ENCODED, ENDING)}
"""Readers that all examples share, so that they remember."""
JOIN = make_pair_joiner(ENCODED, frozenset())


@pytest.mark.parametrize(
    "kind",
    [*SHARED],
    ids=["pairs", "quoted", "spaces", "optional", "encoded", "ending"],
)
@given(
    pieces=st.lists(
        st.sampled_from(
            b'S |SEAL |a=|b=|b=x|s=|a="|b="|s="|, |,|;|"|"; |"; | |  |1|2/1|%2C|/|=|\t|\n|"1"|=1|""'.split(b"|")
        ),
        max_size=16,
    ),
    values=st.tuples(VALUES, VALUES, VALUES),
)
def test_what_is_familiar_means_the_same(kind: Packed, pieces: list[bytes], values: tuple[bytes, ...]) -> None:
    """What is read in a short way is what the grammar reads, when it is seen first and when it comes again."""
    strip, grammar = unpacking._prefix_reader(kind), unpacking._grammar(kind)
    written = make_writer(kind)(dict(zip(kind.carried, values, strict=True)))
    joined = b"".join(pieces)
    for text in (joined, written, written + joined, joined + written, joined.replace(b"1", b"%2C") + b"z"):
        rest = strip(text)
        expected = None if rest is None else grammar(rest)
        for read in (read_of(kind), SHARED[kind], SHARED[kind]):
            assert read(text) == expected
        if kind is ENCODED and (query := JOIN(text)) is not None:
            pairs = [piece.partition(b"=") for piece in query.split(b"&")]
            assert make_pair_lister(kind, frozenset())(text) == [(key, percent_decode(val)) for key, _, val in pairs]


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
    usual = usual_writing(kind)
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


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (b'a="1", b="2%2C", s="3"', b"a=1&b=2%2C"),
        (b'z="9",s="3",\tb="2",  a="1"', b"z=9&b=2&a=1"),
        (b'b="2+", s="", a=""', b"b=2+&a="),
        (b'a="1&b=3", s="3"', None),
        (b'a="1", b="2', None),
        (b'a="1""', None),
        (b'a="1", b=2', None),
        (b'a="1" b="2"', None),
        (b'a&="1", s="3"', None),
        (b's="3"', None),
        (b"", None),
    ],
)
def test_pairs_joined(text: bytes, joined: bytes | None) -> None:
    """Pairs in quotes become a query, unless something in them would mean more there."""
    join = make_pair_joiner(ENCODED, frozenset({b"s"}))
    assert [join(text), join(text)] == [joined, joined]


def test_an_open_quote_after_a_familiar_text() -> None:
    """What stands outside the quotes is the same, and yet it is another text."""
    read = make_reader(QUOTED)
    assert read(b'a="1";b="2";s="3"') == (b"1", b"2", b"3")
    with pytest.raises(MalformedCredentialsError):
        read(b'a="1";b="2";s="3""x')


def test_what_is_remembered_is_bounded() -> None:
    """However many ways to write come, few are kept."""
    read = make_reader(ENDING)
    for number in range(600):
        assert read(b"S a=%d/x, s=1" % number) == (b"%d" % number, b"x", b"1")
        assert read(b"S a=%d/x, s=2" % number) == (b"%d" % number, b"x", b"2")
    (heads,) = (cell.cell_contents for cell in read.__closure__ or () if isinstance(cell.cell_contents, dict))
    assert 0 < len(heads) <= MOST
