"""What a scheme must keep to, beyond its grammar: names, kinds, carriers that can be read back, the secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from sealstamp.core.document import Document
from sealstamp.core.exposure import Exposure, exposures_of
from sealstamp.core.filters import FILTERS, Kind
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    INPUTS,
    NONCE,
    SECRET,
    SIGNATURE,
    STRING_TO_SIGN,
    TIMESTAMP,
    Carrier,
    Packed,
    Scheme,
)
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import Apply, Concat, Expression, Join, Name, Switch, Text, children, names


def check_scheme(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError at the first thing that does not hold."""
    _check_definitions(scheme, document)
    _check_kinds(scheme, document)
    _check_carriers(scheme, document)
    _check_rules(scheme, document)
    _check_secret(scheme, document)


# names


def _check_definitions(scheme: Scheme, document: Document) -> None:
    for required in (STRING_TO_SIGN, SIGNATURE):
        if required not in scheme.definitions:
            document.fail(("sign",), f"[sign] does not define {required!r}", f'{required} = "…"')
    given = {SECRET, *INPUTS, *scheme.parameters}
    known = set(given)
    for definition, expression in scheme.definitions.items():
        for name in names(expression):
            if name not in known:
                _refuse_name(scheme, document, definition, name, known)
        known.add(definition)
    for name in _used(scheme) & INPUTS - set(scheme.carried) - {ACCESS_KEY_ID}:
        document.fail(("sign",), f"{name!r} is signed but does not travel", f'[fields] {name} = "header X-…"')


def _refuse_name(scheme: Scheme, document: Document, definition: str, name: str, known: set[str]) -> None:
    at = ("sign", definition)
    if name not in scheme.definitions:
        document.fail(at, f"there is no name {name!r}", did_you_mean(name, known))
    if definition in _reachable(scheme.definitions, name):
        document.fail(at, f"{definition!r} and {name!r} define each other in a circle", "break the circle")
    document.fail(at, f"{name!r} is used before it is defined", f"write {name!r} above {definition!r}")


def _reachable(definitions: Mapping[str, Expression], start: str) -> set[str]:
    """Return the names that ``start`` leads to, itself included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += names(definitions[name]) if name in definitions else ()
    return found


def _used(scheme: Scheme) -> set[str]:
    return {name for computed in scheme.computed for name in _reachable(scheme.definitions, computed)}


# kinds


def _check_kinds(scheme: Scheme, document: Document) -> None:
    kinds: dict[str, Kind] = {}
    for definition, expression in scheme.definitions.items():
        try:
            kinds[definition] = _kind(expression, kinds)
        except _KindError as error:
            document.fail(("sign", definition), error.problem, error.hint)


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
            for argument in node.arguments:
                _kind(argument, known)
            return entry.gives
        case Concat() | Join() | Switch():
            inner = [_kind(child, known) for child in children(node)]
            return Kind.DIGEST if Kind.DIGEST in inner else Kind.TEXT
        case _:
            return Kind.TEXT


def _check_source(filter_name: str, given: Kind, takes: frozenset[Kind]) -> None:
    if given in takes:
        return
    if given is Kind.TEXT:
        raise _KindError(
            f"text where a digest is needed: {filter_name!r} writes raw bytes as text",
            f"put a digest before it, such as sha256|{filter_name} or hmac:sha256,secret|{filter_name}",
        )
    raise _KindError(
        f"a digest where text is needed: {filter_name!r} does not take raw bytes",
        f"write the digest as text before it, such as hex|{filter_name}",
    )


# carriers


def _check_carriers(scheme: Scheme, document: Document) -> None:
    for name, times in Counter(scheme.carried).items():
        if times > 1:
            document.fail(("fields", name), f"{name!r} is carried twice", "a value travels in one place, or in aliases")
    known = {*INPUTS, *scheme.parameters, *scheme.definitions}
    for carrier in scheme.carriers:
        at = _position(carrier)
        for name in carrier.carried:
            if name not in known:
                document.fail(at, f"nothing says what {name!r} is", did_you_mean(name, known))
        if isinstance(carrier, Packed):
            _check_packed(carrier, document)
    _check_places(scheme, document)
    if SIGNATURE not in scheme.carried:
        document.fail(("fields",), "the signature does not travel", 'signature = "header X-Signature"')


def _position(carrier: Carrier) -> tuple[str, ...]:
    return ("packed", carrier.name) if isinstance(carrier, Packed) else ("fields", carrier.name)


def _check_places(scheme: Scheme, document: Document) -> None:
    taken: dict[tuple[Where, bytes], str] = {}
    for carrier in scheme.carriers:
        for place in carrier.places:
            if other := taken.get((place.where, place.key)):
                document.fail(
                    _position(carrier), f"{place} carries both {other!r} and {carrier.name!r}", "use another name"
                )
            taken[place.where, place.key] = carrier.name
    bodies = {place.where for carrier in scheme.carriers for place in carrier.places} & IN_BODY
    if len(bodies) > 1:
        document.fail(("fields",), "a body cannot be a form and JSON at once", "carry all body fields as one of them")


def _check_packed(packed: Packed, document: Document) -> None:
    templates = [packed.template] if packed.template is not None else [value for _, value in packed.pairs]
    for template in templates:
        if problem := _unreadable(template):
            document.fail(
                _position(packed), f"this text cannot be read back: {problem}", "put a separator between names"
            )


def _unreadable(template: Expression) -> str | None:
    """Say why values cannot be found again in a written template, or None."""
    parts = template.parts if isinstance(template, Concat) else (template,)
    if not all(isinstance(part, Text | Name) for part in parts):
        return "only plain names may stand in it; define a name for anything more"
    for left, right in pairwise(parts):
        if isinstance(left, Name) and isinstance(right, Name):
            return f"{left.name!r} and {right.name!r} touch"
    return None


# rules


def _check_rules(scheme: Scheme, document: Document) -> None:
    _check_pair(document, TIMESTAMP in scheme.carried, scheme.time is not None, TIMESTAMP, "time", 'past = "5 min"')
    _check_pair(document, NONCE in scheme.carried, scheme.nonce is not None, NONCE, "nonce", 'make = "hex 16"')


def _check_pair(document: Document, travels: bool, ruled: bool, field: str, section: str, example: str) -> None:
    """A field that travels needs its section, and a section its field."""
    if travels and not ruled:
        document.fail(
            ("fields", field), f"the window is missing: {field!r} travels without [{section}]", f"[{section}] {example}"
        )
    if ruled and not travels:
        document.fail((section,), f"[{section}] is there, but no {field!r} travels", f'[fields] {field} = "header X-…"')


# the secret


def _check_secret(scheme: Scheme, document: Document) -> None:
    exposures = exposures_of(scheme.definitions)
    for name in scheme.computed:
        if exposures[name] is Exposure.PLAIN:
            document.fail(("sign", name), f"the secret itself would travel in {name!r}", "digest it: {…|sha256|hex}")
    if exposures[SIGNATURE] is Exposure.NONE:
        document.fail(
            ("sign", SIGNATURE),
            "anyone could make this signature",
            "let it depend on {secret}, as in hmac:sha256,secret",
        )
