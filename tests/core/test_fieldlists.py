"""Lists of names and values."""

import pytest

from sealstamp.core import fieldlists
from sealstamp.core.fieldlists import FieldList

FIELDS: FieldList = [(b"B", b" 1  2 "), (b"a", b""), (b"B", b"3"), (b"a", b"")]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (fieldlists.lower_names(FIELDS[:1]), [(b"b", b" 1  2 ")]),
        (fieldlists.lower_values([(b"A", b"B")]), [(b"A", b"b")]),
        (fieldlists.title_names([(b"x-some-name", b"")]), [(b"X-Some-Name", b"")]),
        (fieldlists.trim(FIELDS[:1]), [(b"B", b"1  2")]),
        (fieldlists.squeeze(FIELDS[:1]), [(b"B", b"1 2")]),
        (fieldlists.nonempty(FIELDS), [(b"B", b" 1  2 "), (b"B", b"3")]),
        (fieldlists.dedupe(FIELDS), FIELDS[:3]),
        (fieldlists.merge(FIELDS, b","), [(b"B", b" 1  2 ,3"), (b"a", b",")]),
        (fieldlists.only(FIELDS, b"a;B;c", b";"), [FIELDS[1], FIELDS[3], FIELDS[0], FIELDS[2]]),
        (fieldlists.match(FIELDS, b"b*", b"?"), FIELDS),
        (fieldlists.match(FIELDS, b"a*"), [FIELDS[1], FIELDS[3]]),
        (fieldlists.drop(FIELDS, b"a"), [FIELDS[0], FIELDS[2]]),
        (fieldlists.add(FIELDS[:1], b"d", b"4"), [FIELDS[0], (b"d", b"4")]),
        (fieldlists.sort_names([(b"b", b"2"), (b"a", b"z"), (b"b", b"1")]), [(b"a", b"z"), (b"b", b"2"), (b"b", b"1")]),
        (fieldlists.sort_written([(b"a", b"1"), (b"a-b", b"")], b"="), [(b"a-b", b""), (b"a", b"1")]),
        (fieldlists.escape_each([(b"a=&%", b"a=&%\xff")], b"%=&", b"%&"), [(b"a%3D%26%25", b"a=%26%25\xff")]),
        (
            fieldlists.json_lists([(b"a[]", b'2"'), (b"b", b"x"), (b"a[]", b"1")]),
            [(b"b", b"x"), (b"a", b'["2\\"", "1"]')],
        ),
        (fieldlists.json_lists([(b"a[]", b"\xc3\xa9\xff")]), [(b"a", b'["\\u00e9\\\\xff"]')]),
        (fieldlists.encode_each([(b"a b", b"/~")]), [(b"a%20b", b"%2F~")]),
    ],
)
def test_a_list_becomes_another(made: FieldList, expected: FieldList) -> None:
    """Order and doubles are kept, unless that is what the filter changes."""
    assert made == expected


@pytest.mark.parametrize(
    ("fields", "end", "expected"),
    [([(b"a", b"1"), (b"b", b"2")], b"\n", b"a=1&b=2\n"), ([], b"\n", b""), ([(b"a", b"")], b"", b"a=")],
)
def test_a_list_is_written(fields: FieldList, end: bytes, expected: bytes) -> None:
    """The end stands after the last field only if there is one."""
    assert fieldlists.join(fields, b"=", b"&", end) == expected


def test_names_are_written_alone() -> None:
    """In the list's order."""
    assert fieldlists.names(FIELDS, b";") == b"B;a;B;a"


def test_a_name_without_a_value_is_written_alone() -> None:
    """As in ``?acl``, whether or not the client wrote the equals sign."""
    assert fieldlists.join_bare([(b"acl", b""), (b"b", b"2")], b"=", b"&") == b"acl&b=2"
