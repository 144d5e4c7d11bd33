"""What a scheme's signature covers, read off its tree: whatever is not covered can be changed in transit unseen."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sealstamp.core.scheme import ACCESS_KEY_ID, NONCE, SIGNATURE, TIMESTAMP, Scheme
from sealstamp.core.tree import Atom, Name, Part, walk


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


_PARTS = {
    Part.METHOD: {Covered.METHOD},
    Part.AUTHORITY: {Covered.HOST},
    Part.HOST: {Covered.HOST},
    Part.PATH: {Covered.PATH},
    Part.QUERY: {Covered.QUERY},
    Part.TARGET: {Covered.PATH, Covered.QUERY},
    Part.URL: {Covered.HOST, Covered.PATH, Covered.QUERY},
    Part.BODY: {Covered.BODY},
}
_NAMES = {TIMESTAMP: Covered.TIME, NONCE: Covered.NONCE, ACCESS_KEY_ID: Covered.ACCESS_KEY_ID}


def coverage_of(scheme: Scheme) -> frozenset[Covered]:
    """Return what changes the signature when it changes; a single query parameter does not make the query covered."""
    return frozenset(covered for node in _reached(scheme, SIGNATURE) for covered in _covers(node))


def _covers(node: Atom | Name) -> frozenset[Covered]:
    match node:
        case Name(name=name):
            return frozenset({_NAMES[name]} if name in _NAMES else ())
        case Atom(part=Part.HEADER, argument=argument) if argument.lower() == "host":
            return frozenset({Covered.HOST})
        case Atom(part=part):
            return frozenset(_PARTS.get(part, ()))


def _reached(scheme: Scheme, start: str) -> Iterator[Atom | Name]:
    """Yield the request's parts and the names from which a definition is made, however far down."""
    waiting, seen = [start], {start}
    while waiting:
        for node in walk(scheme.definitions[waiting.pop()]):
            if isinstance(node, Name) and node.name in scheme.definitions:
                waiting += {node.name} - seen
                seen.add(node.name)
            elif isinstance(node, Atom | Name):
                yield node
