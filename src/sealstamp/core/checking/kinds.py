"""Texts and bytes: every filter gets what it takes."""

from __future__ import annotations

from collections.abc import Mapping

from sealstamp.core.document import Document
from sealstamp.core.filters import FILTERS, Argument, Filter, Kind
from sealstamp.core.scheme import (
    Scheme,
)
from sealstamp.core.tree import (
    Apply,
    Atom,
    Concat,
    Cover,
    Expression,
    Join,
    Name,
    Part,
    Switch,
    children,
)


def check_kinds(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for a filter that is given what it does not take."""
    kinds: dict[str, Kind] = {}
    for definition, expression in scheme.definitions.items():
        try:
            kinds[definition] = _kind(expression, kinds)
        except _KindError as error:
            document.fail(("sign", definition), error.problem, error.hint)
    for name in (*scheme.computed, *scheme.body_digests):
        if kinds[name] is Kind.DIGEST:
            document.fail(("sign", name), f"raw bytes would travel in {name!r}", "write them as text: {…|hex}")


class _KindError(Exception):
    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def _kind(node: Expression, known: Mapping[str, Kind]) -> Kind:
    match node:
        case Name(name=name):
            return known.get(name, Kind.TEXT)
        case Apply(filter=name, source=source):
            entry = FILTERS[name]
            _check_source(name, _kind(source, known), entry.takes)
            for index, argument in enumerate(node.arguments):
                _check_argument(entry, index, _kind(argument, known))
            return entry.gives
        case Atom(part=Part.HEADERS | Part.QUERY_FIELDS | Part.FORM_FIELDS | Part.XML_FIELDS | Part.PACKED_FIELDS):
            return Kind.FIELDS
        case Concat() | Join() | Switch() | Cover():
            inner = [_kind(child, known) for child in children(node)]
            if Kind.FIELDS in inner:
                raise _KindError("a list where text is needed", "write the list as text: {…|join:'=','&'}")
            return Kind.DIGEST if Kind.DIGEST in inner else Kind.TEXT
        case _:
            return Kind.TEXT


def _check_argument(entry: Filter, index: int, given: Kind) -> None:
    wants_list = entry.arguments[min(index, len(entry.arguments) - 1)] is Argument.FIELDS
    if wants_list is not (given is Kind.FIELDS):
        wanted = Kind.FIELDS.value if wants_list else "text"
        raise _KindError(f"{entry.name!r} takes {wanted} here, not {given.value}", f"{entry.name}: {entry.summary}")


def _check_source(filter_name: str, given: Kind, takes: frozenset[Kind]) -> None:
    if given in takes:
        return
    if Kind.FIELDS in takes:
        raise _KindError(
            f"{given.value} where a list is needed: {filter_name!r} takes fields",
            "lists are {headers}, {query_fields}, {form_fields}, {xml_fields} and {packed_fields}",
        )
    if given is Kind.FIELDS:
        raise _KindError(
            f"a list where text is needed: {filter_name!r} takes text", "write the list as text: {…|join:'=','&'}"
        )
    if given is Kind.TEXT:
        raise _KindError(
            f"text where a digest is needed: {filter_name!r} writes raw bytes as text",
            f"put a digest before it, such as sha256|{filter_name} or hmac:sha256,secret|{filter_name}",
        )
    raise _KindError(
        f"a digest where text is needed: {filter_name!r} does not take raw bytes",
        f"write the digest as text before it, such as hex|{filter_name}",
    )
