"""Names and nesting: every name is there, and above where it is used."""

from __future__ import annotations

from collections.abc import Mapping

from sealstamp.core.document import Document
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    INPUTS,
    KEY_KIND,
    SECRET,
    SIGNATURE,
    STRING_TO_SIGN,
    Scheme,
)
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import (
    Expression,
    children,
    names,
)

MAX_DEPTH = 50
"""Expressions nested deeper than this are refused: Python compiles no more than 200 open brackets."""


def check_depth(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for expressions that are nested too deeply."""
    for definition, expression in scheme.definitions.items():
        if _depth(expression) > MAX_DEPTH:
            document.fail(("sign", definition), f"{definition!r} is nested too deeply", "give parts of it names")


def _depth(node: Expression) -> int:
    return 1 + max(map(_depth, children(node)), default=0)


def check_definitions(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for a name that nobody knows yet, and for one that is signed and does not travel."""
    for required in (STRING_TO_SIGN, SIGNATURE):
        if required not in scheme.definitions:
            document.fail(("sign",), f"[sign] does not define {required!r}", f'{required} = "…"')
    given = {SECRET, KEY_KIND, *INPUTS, *scheme.parameters, *scheme.extras}
    known = set(given)
    for definition, expression in scheme.definitions.items():
        for name in names(expression):
            if name not in known:
                _refuse_name(scheme, document, definition, name, known)
        known.add(definition)
    used = {name for expression in scheme.definitions.values() for name in names(expression)}
    for name in sorted(used & INPUTS - set(scheme.carried) - {ACCESS_KEY_ID}):
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
