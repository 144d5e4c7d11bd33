"""Short ways for what most requests look like: they give what the long way gives, and remember little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core import chosenlists, headerlines
from sealstamp.core.chosenlists import ListCheck
from sealstamp.core.encoding import percent_encode
from sealstamp.core.fieldlists import encode_each, form_list, header_list, join, only, query_list, squeeze
from sealstamp.core.filters import encoded_path, normalise_path
from sealstamp.core.headerlines import HeaderLines
from sealstamp.core.request import Request
from sealstamp.core.scheme import Chosen
from sealstamp.core.sortedpairs import encode_pairs, sorted_pairs, sorted_text
from sealstamp.core.verifier import Verifier
from sealstamp.errors import ComponentNotCoveredError, MalformedCredentialsError
from sealstamp.schemes import get_scheme

NONE: frozenset[bytes] = frozenset()
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]


def pieces(text: str) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(text.encode().split(b"|")), max_size=12).map(b"".join)


URLENCODED = pieces("a|b|a-|=|&|a=1|&b=2|&a=0|+|%20|%2B|%2b|%41|%zz|%|%3D|\u00e9|/|~|_|\0|\n")


@given(query=URLENCODED, form=URLENCODED, pairs=st.sampled_from([b"", b"k=1", b"z=9&k=%2F", b"k=a+b", b"k=%7E", None]))
def test_pairs_sorted_as_they_are(query: bytes, form: bytes, pairs: bytes | None) -> None:
    """Where they are sorted at all, it is as if they had been decoded, encoded and then sorted."""
    found = sorted_pairs((query, form), pairs, b"=", b"&")
    if found is None:
        return
    request = Request(b"POST", b"/?" + query, FORM, body=form)
    others = [(name, value) for name, _, value in [pair.partition(b"=") for pair in (pairs or b"").split(b"&")] if name]
    fields = encode_each(query_list(request, NONE) + form_list(request, NONE)) + others
    assert found == join(sorted(fields), b"=", b"&")
    assert encode_pairs(found) == percent_encode(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"b=2&a=1&a-b=3&a=0", b"a=0&a=1&a-b=3&b=2"),
        (b"a=%2F%3D", b"a=%2F%3D"),
        (b"a=%2f", None),
        (b"a=%41", None),
        (b"a=%7E", None),
        (b"a=%", None),
        (b"a=1&&b=2", None),
        (b"a", None),
        (b"a=1=2&b", None),
        (b"a=b/c", None),
        (b"&".join([b"a=1"] * 65), None),
    ],
)
def test_what_is_sorted_as_it_is(text: bytes, expected: bytes | None) -> None:
    """Pairs in the one encoding there is, and not very many."""
    assert sorted_text(text, b"=", b"&") == expected


@given(path=pieces("/|a|.|..|%|%2F| |\u00e9|~|-|a1|/.|//"))
def test_a_path_as_it_is(path: bytes) -> None:
    """It gives what resolving and encoding gives."""
    assert encoded_path(path) == percent_encode(normalise_path(path), b"/")


@given(values=st.lists(pieces("a|b: c| |\t|\n|%b|%| d"), min_size=3, max_size=3), listed=pieces("x|;|y%s|z|;x|;none"))
def test_lines_of_headers(values: list[bytes], listed: bytes) -> None:
    """Whatever white space is in values, and whatever a list names, how often."""
    request = Request(b"GET", b"/", [*zip([b"x", b"y%s", b"z"], values, strict=True)])
    fields = squeeze(only(header_list(request, frozenset({b"z"})), listed, b";"))
    for _ in range(2):
        assert LINES.write(request, listed) == join(fields, b":", b"\n", b"\n")


LINES = HeaderLines(["squeeze"], frozenset({b"z"}), b";", b":", b"\n", b"\n")


def test_few_lists_are_remembered() -> None:
    """Lists come from anybody, in any number and length."""
    lines, check = HeaderLines([], NONE, b";", b":", b"\n"), ListCheck(Chosen(("host",), ";", ("x-*",)), NONE)
    for number in range(1000):
        listed = b";".join([b"host", b"x" * number])
        request = Request(b"GET", b"/", [(b"host", b"h"), (b"x" * number, b""), (b"a%d" % number, b"")])
        lines.write(request, listed)
        check.check(listed, request)
        check.check(b"host", Request(b"GET", b"/", [(b"b%d" % number, b"")]))
    assert len(lines._plans) <= headerlines.MOST
    assert len(check._seen) <= chosenlists.MOST
    assert max(map(len, check._seen.values())) <= chosenlists.MOST_HEADERS


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (b"x-amz-new", ComponentNotCoveredError),
        (b"x_amz_date", MalformedCredentialsError),
        (b"x-amz.date", MalformedCredentialsError),
        (b"content-type", None),
    ],
)
def test_a_header_more_under_a_list_that_is_known(header: bytes, error: type[Exception] | None) -> None:
    """A list that was good for one request says nothing about another's headers."""
    present = Verifier(get_scheme("aws-sigv4-header")).present
    for listed in (b"host;x-amz-date", b"host;x-amz-date;x_amz_date"):
        credentials = (
            b"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/service/aws4_request, SignedHeaders=%b, Signature=0f"
        )
        headers = [(b"host", b"h"), (b"x-amz-date", b"20260101T000000Z"), (b"authorization", credentials % listed)]
        now_ms = 1_767_225_600_000
        for _ in range(2):
            assert present(Request(b"GET", b"/", headers), now_ms)[0] == b"a"
            request = Request(b"GET", b"/", [*headers, (header, b"1")])
            if error is None:
                present(request, now_ms)
            else:
                with pytest.raises(error):
                    present(request, now_ms)
