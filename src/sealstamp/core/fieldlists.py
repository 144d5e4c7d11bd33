"""Lists of names and values, doubles and order kept: headers, query and form fields, and what schemes do with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

from sealstamp.core.encoding import is_unreserved, percent_encode, split_urlencoded
from sealstamp.core.request import Request

FieldList = list[tuple[bytes, bytes]]


def header_list(request: Request, without: frozenset[bytes]) -> FieldList:
    """Return the header fields, names in lower case, without those that carry what is computed."""
    return [field for field in request.headers if field[0] not in without]


def query_list(request: Request, without: frozenset[bytes]) -> FieldList:
    """Return the query's fields, decoded, without those that carry what is computed."""
    fields = split_urlencoded(request.query)
    return [field for field in fields if field[0] not in without] if without else fields


def form_list(request: Request, without: frozenset[bytes]) -> FieldList:
    """Return the fields of an urlencoded body, decoded, without those that carry what is computed; else none."""
    return [field for field in split_urlencoded(form_text(request)) if field[0] not in without]


def form_text(request: Request) -> bytes:
    """Return an urlencoded body as it is; of any other nothing."""
    body = request.body
    return body if body and request.is_form else b""


def xml_list(request: Request, without: frozenset[bytes]) -> FieldList:
    """Return the elements of a flat XML body, without those that carry what is computed."""
    return [field for field in request.xml_fields[0].items() if field[0] not in without]


def pick_headers(request: Request, without: frozenset[bytes], names: bytes, separator: bytes) -> FieldList:
    """Return ``only(header_list(…), …)`` of a request no header of which came twice."""
    values = request.header_fields[0]
    return [(name, values[name]) for name in names.split(separator) if name in values and name not in without]


def encoded_query(request: Request, without: frozenset[bytes]) -> FieldList:
    """Return ``encode_each(query_list(…))``."""
    return encode_each(query_list(request, without)) if request.query else []


def lower_names(fields: FieldList) -> FieldList:
    """Put names in lower case."""
    return [(name.lower(), value) for name, value in fields]


def lower_values(fields: FieldList) -> FieldList:
    """Put values in lower case."""
    return [(name, value.lower()) for name, value in fields]


def title_names(fields: FieldList) -> FieldList:
    """Write names as ``X-Some-Name``."""
    return [(b"-".join(part.capitalize() for part in name.split(b"-")), value) for name, value in fields]


def trim(fields: FieldList) -> FieldList:
    """Cut white space off both ends of values."""
    return [(name, value.strip()) for name, value in fields]


def squeeze(fields: FieldList) -> FieldList:
    """Trim values, and make runs of white space inside them one space."""
    return [(name, b" ".join(value.split())) for name, value in fields]


def nonempty(fields: FieldList) -> FieldList:
    """Leave out fields without a value."""
    return [field for field in fields if field[1]]


def dedupe(fields: FieldList) -> FieldList:
    """Leave out what is there already, name and value."""
    return list(dict.fromkeys(fields))


def merge(fields: FieldList, separator: bytes) -> FieldList:
    """Join the values of fields that have one name, at the place of the first."""
    merged: dict[bytes, bytes] = {}
    for name, value in fields:
        merged[name] = merged[name] + separator + value if name in merged else value
    return list(merged.items())


def only(fields: FieldList, names: bytes, separator: bytes) -> FieldList:
    """Return the fields that a list names, in the list's order."""
    return [field for name in names.split(separator) for field in fields if field[0] == name]


def listed(fields: FieldList, names: bytes, separator: bytes) -> FieldList:
    """Return the fields that a list names in any case, in the list's order and with names as it writes them."""
    return [(name, value) for name in names.split(separator) for key, value in fields if key == name.lower()]


def match(fields: FieldList, *patterns: bytes) -> FieldList:
    """Keep the fields whose name fits one of the patterns; ``*`` stands for anything, ``?`` for one character."""
    is_fit = _matcher(tuple(patterns))
    return [field for field in fields if is_fit(field[0])]


def drop(fields: FieldList, *patterns: bytes) -> FieldList:
    """Leave out the fields whose name fits one of the patterns."""
    is_fit = _matcher(tuple(patterns))
    return [field for field in fields if not is_fit(field[0])]


def fits(name: bytes, patterns: Sequence[bytes]) -> bool:
    """Tell whether a name fits one of the patterns."""
    return _matcher(tuple(patterns))(name) is not None


@lru_cache(maxsize=512)  # patterns come from scheme files, so there are no more than these say
def _matcher(patterns: tuple[bytes, ...]) -> Callable[[bytes], re.Match[bytes] | None]:
    """Return what matches a whole name against all patterns at once."""
    return re.compile(b"|".join(translate(pattern.decode("latin-1")).encode("latin-1") for pattern in patterns)).match


def encode_each(fields: FieldList) -> FieldList:
    """Percent-encode names and values."""
    if is_unreserved(b"".join([part for field in fields for part in field])):
        return fields
    return [(percent_encode(name), percent_encode(value)) for name, value in fields]


def json_lists(fields: FieldList) -> FieldList:
    """Make one field of all that are called ``name[]``: ``name``, with their values as a JSON list of texts."""
    collected: dict[bytes, list[str]] = {}
    for name, value in fields:
        if name.endswith(b"[]"):
            collected.setdefault(name, []).append(value.decode("utf-8", "backslashreplace"))
    lists = [(name.removesuffix(b"[]"), json.dumps(values).encode()) for name, values in collected.items()]
    return [field for field in fields if field[0] not in collected] + lists


def escape_each(fields: FieldList, in_names: bytes, in_values: bytes) -> FieldList:
    """Percent-encode some characters of names, and some of values, and nothing else."""
    return [(_escaped(name, in_names), _escaped(value, in_values)) for name, value in fields]


def _escaped(text: bytes, marks: bytes) -> bytes:
    return b"".join([b"%%%02X" % byte if byte in marks else b"%c" % byte for byte in text])


def join(fields: FieldList, between: bytes, separator: bytes, end: bytes = b"") -> bytes:
    """Write ``name between value``, with the separator between fields, and an end after the last if there is any."""
    return separator.join([name + between + value for name, value in fields]) + (end if fields else b"")


def names(fields: FieldList, separator: bytes) -> bytes:
    """Write the names alone."""
    return separator.join([name for name, _ in fields])


def values(fields: FieldList, separator: bytes) -> bytes:
    """Write the values alone."""
    return separator.join([value for _, value in fields])


def add(fields: FieldList, name: bytes, value: bytes) -> FieldList:
    """Put one more field after the others."""
    return [*fields, (name, value)]


def sort_names(fields: FieldList) -> FieldList:
    """Sort by name alone: fields of one name stay as they came."""
    return sorted(fields, key=lambda field: field[0])


def sort_written(fields: FieldList, between: bytes) -> FieldList:
    """Sort by what is written: ``a-b=1`` comes before ``a=1``, though ``a`` comes before ``a-b``."""
    return sorted(fields, key=lambda field: field[0] + between + field[1])


def join_bare(fields: FieldList, between: bytes, separator: bytes) -> bytes:
    """Write ``name between value``, and the name alone where the value is empty."""
    return separator.join([name + between + value if value else name for name, value in fields])
