"""What a scheme's signature covers, read off its tree: whatever is not covered can be changed in transit unseen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.scheme import ACCESS_KEY_ID, NONCE, SIGNATURE, TIMESTAMP, Scheme
from sealstamp.core.tree import Apply, Atom, Expression, Name, Part, Switch, children


class Covered(StrEnum):
    """What a request signature ought to cover."""

    METHOD = "method"
    HOST = "host"
    PATH = "path"
    QUERY = "query"
    BODY = "body"
    TIME = "time"
    NONCE = "nonce"
    ACCESS_KEY_ID = "access key id"


_Parts = Mapping[Part, set[Covered]]
_PARTS: _Parts = {
    Part.METHOD: {Covered.METHOD},
    Part.AUTHORITY: {Covered.HOST},
    Part.HOST: {Covered.HOST},
    Part.PATH: {Covered.PATH},
    Part.QUERY: {Covered.QUERY},
    Part.TARGET: {Covered.PATH, Covered.QUERY},
    Part.URL: {Covered.HOST, Covered.PATH, Covered.QUERY},
    Part.QUERY_FIELDS: {Covered.QUERY},
    Part.BODY: {Covered.BODY},
}
_NOWHERE = frozenset(Where)
_NAMES = {TIMESTAMP: Covered.TIME, NONCE: Covered.NONCE, ACCESS_KEY_ID: Covered.ACCESS_KEY_ID}


def coverage_of(scheme: Scheme) -> frozenset[Covered]:
    """Return what changes every signature when it changes.

    A part of the query's parameters does not make the query covered, nor one branch of a switch what only it reads.
    What travels in the query or the body is covered with it.
    """
    places = {name: carrier.places for carrier in scheme.carriers for name in carrier.carried}
    wheres = {name: frozenset(place.where for place in at) for name, at in places.items()}
    # Where the body must be a form, because a field that has to come travels in one, its fields are all of it.
    is_form = any(
        {place.where for place in carrier.places} == {Where.FORM} and not carrier.optional
        for carrier in scheme.carriers
    )
    parts = {**_PARTS, Part.FORM_FIELDS: {Covered.BODY}} if is_form else _PARTS
    known: dict[str, frozenset[Covered]] = {}
    for name, expression in scheme.definitions.items():
        known[name] = _covered(expression, known, parts)
        if name in scheme.chosen:
            # Where the signer chooses, no more is sure than what the scheme demands.
            known[name] = frozenset({Covered.HOST} if "host" in scheme.chosen[name].must_name else ())
    covered = known[SIGNATURE]
    whole = {Where.QUERY} if Covered.QUERY in covered else set()
    whole |= IN_BODY if Covered.BODY in covered else set()
    return covered | {part for name, part in _NAMES.items() if wheres.get(name, _NOWHERE) <= whole}


def _covered(node: Expression, known: Mapping[str, frozenset[Covered]], parts: _Parts) -> frozenset[Covered]:
    match node:
        case Name(name=name):
            return known.get(name, frozenset({_NAMES[name]} if name in _NAMES else ()))
        case Atom(part=Part.HEADER, argument=argument) if argument.lower() == "host":
            return frozenset({Covered.HOST})
        case Atom(part=part):
            return frozenset(parts.get(part, ()))
        case Apply(filter="match" | "only"):
            chosen = frozenset().union(*(_covered(child, known, parts) for child in children(node)))
            return chosen - {Covered.QUERY, Covered.BODY}
        case Switch(cases=cases, default=default):
            # Nor is the subject: two that lead to one branch give one signature.
            branches = [_covered(branch, known, parts) for branch in (*(value for _, value in cases), default)]
            return frozenset.intersection(*branches)
        case _:
            return frozenset().union(*(_covered(child, known, parts) for child in children(node)))
