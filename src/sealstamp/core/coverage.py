"""What a scheme's signature covers, read off its tree: whatever is not covered can be changed in transit unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.scheme import ACCESS_KEY_ID, EXPIRES, NONCE, SIGNATURE, TIMESTAMP, Packed, Scheme
from sealstamp.core.tree import Apply, Atom, Cover, Expression, Name, Part, Switch, Text, children
from sealstamp.core.tree import names as names_in


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
    Part.FORM: {Covered.BODY},
    Part.QUERY_FIELDS: {Covered.QUERY},
    Part.XML_FIELDS: {Covered.BODY},
    Part.BODY: {Covered.BODY},
}
_NOWHERE = frozenset(Where)
_NAMES = {
    TIMESTAMP: Covered.TIME,
    EXPIRES: Covered.TIME,
    NONCE: Covered.NONCE,
    ACCESS_KEY_ID: Covered.ACCESS_KEY_ID,
}


def coverage_of(scheme: Scheme) -> frozenset[Covered]:
    """Return what changes every signature when it changes.

    A part of the query's parameters does not make the query covered, nor one branch of a switch what only it reads.
    What travels in the query, the body or a header is covered with it. Code says for itself what it covers.
    """
    return covered_by_definitions(scheme) if scheme.described is None else scheme.described.covered


def covered_by_definitions(scheme: Scheme) -> frozenset[Covered]:
    """Return what ``[sign]`` covers, without asking any code."""
    return _coverage(scheme, _NAMES)


def covers(scheme: Scheme, name: str) -> bool:
    """Tell whether every signature changes when what travels as ``name`` does, as far as ``[sign]`` says."""
    return Covered.TIME in _coverage(scheme, {name: Covered.TIME})


def _coverage(scheme: Scheme, names: Mapping[str, Covered]) -> frozenset[Covered]:
    reader = _Reader(scheme, names)
    covered = reader.covered_by(scheme.definitions[SIGNATURE])
    whole = {Where.QUERY} if Covered.QUERY in covered else set()
    whole |= IN_BODY if Covered.BODY in covered else set()
    of_forms = _Reader(scheme, names, is_form=True).covered_by(scheme.definitions[SIGNATURE])
    whole |= {Where.FORM} if Covered.BODY in of_forms else set()
    return covered | {part for name, part in names.items() if reader.wheres.get(name, _NOWHERE) <= whole}


class _Reader:
    """Reads coverage off one scheme's trees; a definition is read once."""

    def __init__(self, scheme: Scheme, names: Mapping[str, Covered], *, is_form: bool = False) -> None:
        self._scheme = scheme
        self._inputs = names
        self._known: dict[str, frozenset[Covered]] = {}
        places = {name: carrier.places for carrier in scheme.carriers for name in carrier.carried}
        self.wheres = {name: frozenset(place.where for place in at) for name, at in places.items()}
        # Where the body must be a form, because a field that has to come travels in one, its fields are all of it.
        is_form = is_form or any(
            {place.where for place in carrier.places} == {Where.FORM} and not carrier.optional
            for carrier in scheme.carriers
        )
        self._parts = {**_PARTS, Part.FORM_FIELDS: {Covered.BODY}} if is_form else _PARTS
        self._headers = {"host": Covered.HOST}
        self._pairs = _named_by_pairs(scheme, names)
        for name, part in names.items():
            for place in places.get(name, ()):
                if place.where is Where.HEADER:
                    self._headers[place.name.lower()] = part

    def covered_by(self, node: Expression) -> frozenset[Covered]:
        match node:
            case Name(name=name) if name in self._scheme.definitions:
                return self._definition(name)
            case Name(name=name):
                return frozenset({self._inputs[name]} if name in self._inputs else ())
            case Atom(part=Part.HEADER, argument=argument):
                return frozenset({self._headers[argument.lower()]} if argument.lower() in self._headers else ())
            case Atom(part=part):
                return frozenset(self._parts.get(part, ()))
            case Apply(filter="match" | "only" | "listed"):
                return self._union(node) - {Covered.QUERY, Covered.BODY}
            case Apply(filter="join" | "join_bare", source=source):
                lists = ((Part.HEADERS, self._headers), (Part.PACKED_FIELDS, self._pairs))
                return self._union(node) | {
                    part for kind, known in lists for name, part in known.items() if self._keeps(source, name, kind)
                }
            case Switch():
                # The subject is not covered: two that lead to one branch give one signature.
                return frozenset.intersection(*map(self.covered_by, self._branches(node)))
            case Cover():
                return self._cover(node)
            case _:
                return self._union(node)

    def _branches(self, node: Switch) -> list[Expression]:
        """Return the branches that may be taken.

        Where an API has set the subject that is one; where it is a digest of the body, those for what may come in its
        place.
        """
        if isinstance(node.subject, Text):
            chosen = dict(node.cases).get(node.subject.value, node.default)
            return [] if chosen is None else [chosen]
        branches = [child for child in children(node) if child is not node.subject]
        field = self._scheme.digest_fields.get(node.subject.name) if isinstance(node.subject, Name) else None
        if field is None:
            return branches
        barred = set() if field.instead_allowed else {*field.instead}
        if not field.optional or field.computed_if_absent:
            barred.add("")
        unreachable = [value for text, value in node.cases if text in barred]
        return [branch for branch in branches if not any(branch is value for value in unreachable)]

    def _cover(self, node: Cover) -> frozenset[Covered]:
        """What the list must name is covered, and no more; what it names and is empty is refused."""
        chosen = self._scheme.chosen.get(node.names.name) if isinstance(node.names, Name) else None
        said = {**dict(node.values), **dict(node.lines)}
        covered = [
            self._needed(said[name]) if name in said else frozenset({self._headers[name]})
            for name in (chosen.must_name if chosen else ())
            if name in said or name in self._headers
        ]
        return frozenset().union(*covered)

    def _needed(self, node: Expression) -> frozenset[Covered]:
        """Return what a value covers that cannot be empty."""
        if isinstance(node, Name) and node.name in self._scheme.may_lack and node.name in self._scheme.definitions:
            return self.covered_by(self._scheme.definitions[node.name])
        return self.covered_by(node)

    def _union(self, node: Expression) -> frozenset[Covered]:
        return frozenset().union(*map(self.covered_by, children(node)))

    def _definition(self, name: str) -> frozenset[Covered]:
        if name not in self._known:
            # Where the signer chooses, no more is sure than what the scheme demands, and only where it is read; of what
            # need not come, nothing is.
            unsure = name in self._scheme.chosen or self._may_be_avoided(name)
            self._known[name] = frozenset() if unsure else self.covered_by(self._scheme.definitions[name])
        return self._known[name]

    def _may_be_avoided(self, name: str) -> bool:
        """Tell whether a client may leave a value out, or send a constant instead of a digest of its body."""
        field = self._scheme.digest_fields.get(name)
        if field is not None and field.computed_if_absent:
            return field.instead_allowed
        return name in self._scheme.may_lack or (field is not None and field.instead_allowed)

    def _keeps(self, node: Expression, name: str, kind: Part) -> bool:
        """Tell whether a list certainly has what has this name in one kind of list, if the request has it there."""

        def kept_by(source: Expression) -> bool:
            return self._keeps(source, name, kind)

        match node:
            case Atom(part=part):
                return part is kind
            case Name(name=definition):
                return definition in self._scheme.definitions and kept_by(self._scheme.definitions[definition])
            case Apply(filter="match", source=source, arguments=patterns):
                return kept_by(source) and _fits(name, patterns)
            case Apply(filter="drop", source=source, arguments=patterns):
                return kept_by(source) and not _fits(name, patterns)
            case Apply(filter="only" | "listed", source=source, arguments=(names, *_)):
                return kept_by(source) and self._names(names, name)
            case Apply(filter="plus", source=source, arguments=(other,)):
                return kept_by(source) or kept_by(other)
            case Apply(source=source):
                return kept_by(source)
            case _:
                return False

    def _names(self, names: Expression, header: str) -> bool:
        """Tell whether a list of names certainly names a header."""
        match names:
            case Text(value=value):
                return header in re.split("[^a-z0-9-]", value)
            case Name(name=name) if name in self._scheme.chosen:
                return header in self._scheme.chosen[name].must_name
            case Name(name=name) if name in self._scheme.definitions:
                return self._names(self._scheme.definitions[name], header)
            case _:
                return False


def _fits(header: str, patterns: tuple[Expression, ...]) -> bool:
    return any(isinstance(pattern, Text) and fnmatchcase(header, pattern.value.lower()) for pattern in patterns)


def _named_by_pairs(scheme: Scheme, names: Mapping[str, Covered]) -> Mapping[str, Covered]:
    """Return the keys of pairs in whose list a value stands, and what it is."""
    pairs = (pair for carrier in scheme.carriers if isinstance(carrier, Packed) for pair in carrier.pairs)
    return {
        key: names[name]
        for key, template in pairs
        for name in names_in(template)
        if name in names and name not in scheme.definitions
    }
