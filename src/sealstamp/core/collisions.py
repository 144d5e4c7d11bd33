"""Two requests that sign alike: a bounded search, by trying out the compiled scheme.

A signature is made of one text, and where that text is put together carelessly, two different requests give the same
one. Characters are moved over the border between two values, with what the scheme writes between them or with
nothing; one query parameter is made of two. A pair counts if the verifier accepts the second request under the first
one's signature, and refuses it when only one of the two values is changed: then both are signed, but not where one
ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import permutations, product
from typing import Final

from sealstamp.core.encoding import percent_encode
from sealstamp.core.example import Example, example_of, takes_form
from sealstamp.core.forging import Captured, is_accepted
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import NONCE, SIGNATURE, Scheme
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Join, Name, Part, Text, walk
from sealstamp.errors import ConfigurationError, SigningError

LONGEST_MARK: Final = 3
"""Longer texts between values are not tried as separators."""
MOST_MARKS: Final = 8
_NEEDED: Final = frozenset({b"host", b"content-type", b"content-length"})
"""Headers without which a request is another one."""


class Collision(Record):
    """Two requests under one signature: ``first`` was signed, ``second`` is accepted for it.

    ``mark`` is the text with which the border was moved, empty for two values that touch; ``values`` names the two.
    """

    values: tuple[str, str]
    mark: str
    first: Request
    second: Request


class _Draft(Record):
    """A request in the making, as the values that may be changed."""

    path: bytes = b"/v1/orders"
    query: bytes = b""
    body: bytes | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    nonce: str = ""
    values: tuple[tuple[str, str], ...] = ()
    tail: bytes = b""
    """What is put after the query of a request that is signed already."""

    def request(self, example: Example) -> Request:
        whole = example.request
        target = self.path + (b"?" + self.query if self.query else b"")
        body = whole.body if self.body is None else self.body
        return Request(whole.method, target, [*whole.headers, *self.headers], authority=whole.authority, body=body)


_Set = Callable[[_Draft, str], _Draft]
"""Puts a text into one place of a draft."""
_Pair = tuple[tuple[str, str], str, _Draft, _Draft, tuple[_Draft, ...]]
"""Names, mark, what is signed, what is sent, and what must be refused."""


@lru_cache(maxsize=256)
def collisions_of(scheme: Scheme) -> tuple[Collision, ...]:
    """Return at most one collision of values that touch, and one of values with a separator between them.

    What code writes cannot be taken apart, so nothing is tried with it.
    """
    if scheme.code is not None:
        return ()
    try:
        example = example_of(scheme)
    except ConfigurationError:  # there is no pair to try it out with
        return ()
    marks = _marks(scheme)
    found = (_first(example, marks[:1]), _first(example, marks[1:]))
    return tuple(collision for collision in found if collision is not None)


def _first(example: Example, marks: tuple[str, ...]) -> Collision | None:
    tried = (_try(example, pair) for pair in _pairs(example.scheme, marks))
    return next((collision for collision in tried if collision is not None), None)


def _try(example: Example, pair: _Pair) -> Collision | None:
    names, mark, first, second, refused = pair
    try:
        captured = Captured(example, first.request(example), nonce=first.nonce, values=dict(first.values))
        forged = _forge(captured, second)
        both = is_accepted(example, captured.signed) and is_accepted(example, forged)
        if not both or any(is_accepted(example, _forge(captured, each)) for each in refused):
            return None
    except SigningError:
        return None
    return Collision(names, mark, captured.signed, forged)


def _forge(captured: Captured, draft: _Draft) -> Request:
    whole = draft.request(captured.example)
    made = captured.forge(whole, nonce=draft.nonce, values=dict(draft.values))
    return Request(made.method, made.target + draft.tail, made.headers, authority=made.authority, body=made.body)


def _marks(scheme: Scheme) -> tuple[str, ...]:
    """Return the texts that could end a value, the empty one first."""
    found = {"": None}
    for tree in signed_definitions(scheme).values():
        for node in walk(tree):
            found |= dict.fromkeys(_written_between(node))
    short = [text for text in found if len(text) <= LONGEST_MARK]
    return tuple(short[: MOST_MARKS + 1])


def _written_between(node: Expression) -> Iterator[str]:
    match node:
        case Join(separator=separator):
            yield separator
        case Concat(parts=parts) | Apply(arguments=parts):
            yield from (part.value for part in parts if isinstance(part, Text))


def signed_definitions(scheme: Scheme) -> dict[str, Expression]:
    """Return the definitions from which the signature is made, itself included."""
    found: dict[str, Expression] = {}
    waiting = [SIGNATURE]
    while waiting:
        name = waiting.pop()
        if name in scheme.definitions and name not in found:
            found[name] = scheme.definitions[name]
            waiting += [node.name for node in walk(found[name]) if isinstance(node, Name)]
    return found


def _pairs(scheme: Scheme, marks: tuple[str, ...]) -> Iterator[_Pair]:
    slots, writers = _slots(scheme), _field_writers(scheme)
    for mark in marks:
        yield from (_moved(left, right, slots, mark) for left, right in permutations(slots, 2))
    if "" in marks and "body" in slots:
        yield _appended()
    for mark, (name, write) in product(marks, writers.items()):
        yield from (_split(name, write, mark, other) for other in _marks(scheme))
    for mark, (name, write) in product(marks, writers.items()):
        yield _renamed(name, write, mark)


def _appended() -> _Pair:
    """Move the body to the end of the query, after what the signer put there."""
    text = "&b=2"
    first, second = _Draft(body=text.encode()), _Draft(body=b"", tail=text.encode())
    return ("query", "body"), "", first, second, (_Draft(body=b""), _Draft(body=text.encode(), tail=text.encode()))


def _moved(left: str, right: str, slots: Mapping[str, _Set], mark: str) -> _Pair:
    """Move a character, and the mark, from the end of one value to the beginning of another."""
    put_left, put_right = slots[left], slots[right]
    more, less = f"1{mark}2", "1"
    fewer, longer = "3", f"2{mark}3"
    first = put_right(put_left(_Draft(), more), fewer)
    second = put_right(put_left(_Draft(), less), longer)
    alone = put_right(put_left(_Draft(), less), fewer), put_right(put_left(_Draft(), more), longer)
    return (left, right), mark, first, second, alone


_Fields = Callable[[_Draft, list[tuple[str, str]]], _Draft]


def _split(name: str, write: _Fields, mark: str, between: str) -> _Pair:
    """Make one field of two."""
    first = write(_Draft(), [("a", f"1{mark}b{between}2")])
    second = write(_Draft(), [("a", "1"), ("b", "2")])
    return (f"one {name} field", "two"), mark, first, second, (write(_Draft(), [("a", "1")]),)


def _renamed(name: str, write: _Fields, mark: str) -> _Pair:
    """Move a character from a field's name to its value."""
    first = write(_Draft(), [(f"a{mark}b", "c")])
    second = write(_Draft(), [("a", f"b{mark}c")])
    return (f"a {name} field's name", "its value"), mark, first, second, (write(_Draft(), [("a", "c")]),)


def _slots(scheme: Scheme) -> dict[str, _Set]:
    """Return the values that are signed and could touch others, each with what puts a text there."""
    atoms = {node for tree in signed_definitions(scheme).values() for node in walk(tree) if isinstance(node, Atom)}
    parts = {atom.part for atom in atoms}
    slots: dict[str, _Set] = {"path": lambda draft, text: draft.replace(path=b"/v1/" + _in_path(text))}
    if parts & {Part.QUERY, Part.TARGET, Part.URL}:
        slots["query"] = lambda draft, text: draft.replace(query=_in_path(text))
    if Part.FORM in parts or (Part.BODY in parts and not _wheres(scheme) & IN_BODY):
        slots["body"] = lambda draft, text: draft.replace(body=text.encode())
    for atom in sorted(atoms, key=lambda atom: atom.argument):
        slots |= _named_slot(atom)
    if NONCE in scheme.carried:
        slots[NONCE] = lambda draft, text: draft.replace(nonce=text)
    return slots | {name: _parameter_slot(name) for name in scheme.carried if name in scheme.parameters}


def _named_slot(atom: Atom) -> dict[str, _Set]:
    """Return the slot of one header or one query parameter that is signed."""
    if atom.part is Part.HEADER and atom.argument.lower().encode() not in _NEEDED:
        return {f"header {atom.argument}": partial(_put_header, atom.argument.lower().encode())}
    if atom.part is Part.PARAMETER:
        return {f"query parameter {atom.argument}": partial(_put_parameter, atom.argument.encode())}
    return {}


def _put_header(name: bytes, draft: _Draft, text: str) -> _Draft:
    return draft.replace(headers=(*draft.headers, (name, (text if text.isprintable() else "-").encode())))


def _put_parameter(name: bytes, draft: _Draft, text: str) -> _Draft:
    return draft.replace(query=b"&".join(filter(None, (draft.query, _pair(name, text)))))


def _parameter_slot(name: str) -> _Set:
    return lambda draft, text: draft.replace(values=(*draft.values, (name, text)))


def _wheres(scheme: Scheme) -> set[Where]:
    return {place.where for carrier in scheme.carriers for place in carrier.places}


def _in_path(text: str) -> bytes:
    """Write what a path or a query can hold; the rest is percent-encoded, as clients must."""
    return percent_encode(text.encode(), b"!$&'()*+,;=:@/-._~|")


def _field_writers(scheme: Scheme) -> dict[str, _Fields]:
    """Return what writes fields into the query, and into a form where the scheme has one."""
    writers: dict[str, _Fields] = {"query": lambda draft, fields: draft.replace(query=_urlencoded(fields))}
    if takes_form(scheme):
        writers["form"] = lambda draft, fields: draft.replace(body=_urlencoded(fields))
    return writers


def _urlencoded(fields: list[tuple[str, str]]) -> bytes:
    return b"&".join(_pair(name.encode(), value) for name, value in fields)


def _pair(name: bytes, value: str) -> bytes:
    return percent_encode(name) + b"=" + percent_encode(value.encode())
