"""Structured fields: read strictly, written canonically, and as another implementation does it."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.plugins.structured import (
    Date,
    DisplayString,
    InnerList,
    Item,
    StructuredError,
    Token,
    parse_dictionary,
    parse_item,
    parse_list,
    write_dictionary,
    write_item,
    write_list,
    write_member,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"1", 1),
        (b"-0", 0),
        (b"0042", 42),
        (b"999999999999999", 999_999_999_999_999),
        (b"1.5", Decimal("1.5")),
        (b"-123456789012.123", Decimal("-123456789012.123")),
        (b'"a \\"b\\" \\\\c"', 'a "b" \\c'),
        (b'""', ""),
        (b"*a/b:c", Token("*a/b:c")),
        (b":aGVsbG8=:", b"hello"),
        (b"::", b""),
        (b"?1", True),
        (b"?0", False),
        (b"@1659578233", Date(1_659_578_233)),
        (b'%"f%c3%bc"', DisplayString("fü")),
        (b"  a  ", Token("a")),
    ],
)
def test_values(text: bytes, value: object) -> None:
    """Every kind of value, of the type that it is written back as."""
    found = parse_item(text).value
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        *[b"", b" ", b"1.", b"-", b"--1", b"1000000000000000", b"1234567890123.0", b"1.1234", b"1.2.3", b"1 2"],
        *[b'"', b'"\\a"', b'"a', b'"\x7f"', b'"\xc3"', b"'a'", b":a:", b":aGVsbG8:", b":aGVsbG8", b":=:", b":a b=:"],
        *[b"?", b"?2", b"?true", b"@", b"@1.5", b"@1000000000000000", b'%"%C3%BC"', b'%"%ff"', b'%"%"', b"%a"],
        *[b"a;", b"a; ;b", b"a;=1", b"a;A=1", b"a;b=", b"a ;b", b"a;b =1", b"\ta", b"a\n", b"a\x00", b"(a)", b"a,b"],
    ],
)
def test_items_that_are_none(text: bytes) -> None:
    """What the grammar does not have is refused."""
    with pytest.raises(StructuredError):
        parse_item(text)


@pytest.mark.parametrize(
    "text", [b"a=1,", b",a=1", b"a=1,,b=2", b"a=1 b=2", b"A=1", b"a=", b"a= 1", b"1=a", b"a=(1", b"a=(1)(2)"]
)
def test_dictionaries_that_are_none(text: bytes) -> None:
    """Nor are dictionaries with odd commas, keys or brackets."""
    with pytest.raises(StructuredError):
        parse_dictionary(text)


def test_dictionary() -> None:
    """Keys keep their order, the last value of a key counts, spaces and tabs around commas do not."""
    found = parse_dictionary(b'a=1;x;y="z"\t,  b, c=(1 "2";q=?0 );r=1.0,a=?1;n=@1')
    assert list(found) == ["a", "b", "c"]
    assert found["a"] == Item(True, {"n": Date(1)})
    assert found["c"] == InnerList([Item(1, {}), Item("2", {"q": False})], {"r": Decimal("1.0")})
    assert write_dictionary(found) == 'a;n=@1, b, c=(1 "2";q=?0);r=1.0'
    with pytest.raises(StructuredError, match="a comes twice"):
        parse_dictionary(b"a=1, a=2", unique=True)
    assert parse_dictionary(b"") == {}
    assert write_list(parse_list(b"a,b;c ,( )")) == "a, b;c, ()"


@pytest.mark.parametrize("value", [10**15, -(10**15), Decimal(10**12), "\n", "ü"])
def test_what_cannot_be_written(value: Any) -> None:
    """Nothing is written that could not be read back."""
    with pytest.raises(StructuredError):
        write_item(Item(value, {}))


KEYS = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
BARE = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**12) + 1, 10**12 - 1, places=3),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)),
    st.binary(max_size=40),
    st.from_regex(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]{0,10}", fullmatch=True).map(Token),
    st.integers(-(10**10), 10**11).map(Date),
    st.text(max_size=10).filter(lambda text: text.isprintable()).map(DisplayString),
)
PARAMETERS = st.dictionaries(KEYS, BARE, max_size=3)
ITEMS = st.builds(Item, BARE, PARAMETERS)
MEMBERS = ITEMS | st.builds(InnerList, st.lists(ITEMS, max_size=3), PARAMETERS)


@given(st.dictionaries(KEYS, MEMBERS, max_size=4))
def test_what_is_written_is_read_back(members: dict[str, Any]) -> None:
    """Writing and reading are each other's inverse."""
    text = write_dictionary(members)
    found = parse_dictionary(text.encode())
    assert found == members
    assert [type(member) for member in found.values()] == [type(member) for member in members.values()]
    assert write_dictionary(found) == text


@given(st.lists(MEMBERS, max_size=4))
def test_another_implementation_writes_it_alike(members: list[Any]) -> None:
    """http-sf reads what is written here, and writes the same."""
    text = write_list(members)
    if members:
        assert http_sf.ser(http_sf.parse(text.encode(), tltype="list")) == text


ALPHABET = list('ab1.0-"\\:?@%()=;, \t*A/+')


@given(st.lists(st.sampled_from(ALPHABET), max_size=14).map("".join))
def test_another_implementation_reads_it_alike(text: str) -> None:
    """Where http-sf reads something, the same is read here, and what it refuses is refused."""
    try:
        theirs = http_sf.parse(text.encode(), tltype="dictionary")
    except ValueError:
        with pytest.raises(StructuredError):
            parse_dictionary(text.encode())
    else:
        assert write_dictionary(parse_dictionary(text.encode())) == (http_sf.ser(theirs) if theirs else "")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    """No other error comes of them."""
    for parse in (parse_item, parse_list, parse_dictionary):
        try:
            parse(text)
        except StructuredError:
            continue


@pytest.mark.parametrize("piece", [b"a,", b"a=(", b'"\\', b"a;a", b"a=1 ", b"((((", b'"a" ', b":::", b"\t,"])
def test_time_is_linear(piece: bytes) -> None:
    """Four times the bytes take some four times as long, never sixteen times."""

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        begin = time.perf_counter()
        for _ in range(3):
            for parse in (parse_dictionary, parse_list, parse_item):
                try:
                    parse(text)
                except StructuredError:
                    continue
        return time.perf_counter() - begin

    assert min(seconds(60_000) for _ in range(3)) < 12 * min(seconds(15_000) for _ in range(3)) + 0.01


def test_members_are_written_alone() -> None:
    """As the parameter ``key`` of RFC 9421 wants it."""
    assert write_member(parse_dictionary(b" a=1, b=2;x=1;y=2, c=(a   b   c), d ")["c"]) == "(a b c)"
