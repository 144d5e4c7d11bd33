"""Where one value ends and the next begins, in the text that is signed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sealstamp.core import findings
from sealstamp.core.collisions import collisions_of, signed_definitions
from sealstamp.core.findings import Finding
from sealstamp.core.scheme import INPUTS, SECRET, Scheme
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Join, Name, Part, Text, walk


def check_borders(scheme: Scheme) -> Iterator[Finding]:
    """Two requests that really sign alike, or values of which one can see that they touch."""
    found = {bool(collision.mark): collision for collision in collisions_of(scheme)}
    if touching := found.get(False):
        yield Finding(findings.TOUCHING, " and ".join(touching.values))
    elif seen := _touching_in(scheme):
        yield Finding(findings.TOUCHING, seen)
    if ambiguous := found.get(True):
        yield Finding(findings.AMBIGUOUS, f"{' and '.join(ambiguous.values)}, with {ambiguous.mark!r} between")


def _touching_in(scheme: Scheme) -> str | None:
    pairs = (
        f"in {name}: {pair[0]} and {pair[1]}"
        for name, tree in signed_definitions(scheme).items()
        for node in walk(tree)
        if (pair := _touching(node, scheme))
    )
    return next(pairs, None)


def _touching(node: Expression, scheme: Scheme) -> tuple[str, str] | None:
    """Return the names of two neighbours whose border cannot be seen, if there are any."""
    match node:
        case Concat(parts=parts) | Join(separator="", parts=parts):
            for left, right in pairwise(parts):
                if _is_unbounded(left, scheme) and _is_unbounded(right, scheme) and not _ends_host(left, right):
                    return _told(left), _told(right)
        case Apply(filter="join", arguments=(Text(value=""), *_)):
            return "names", "values"
    return None


def _ends_host(left: Expression, right: Expression) -> bool:
    """Tell whether a path follows a host: it begins with a slash, which no host can hold."""
    match left, right:
        case Atom(part=Part.HOST | Part.AUTHORITY), Atom(part=Part.PATH | Part.TARGET):
            return True
        case _:
            return False


def _is_unbounded(node: Expression, scheme: Scheme) -> bool:
    """Tell whether a value can have any length and any characters; times, nonces and digests cannot."""
    match node:
        case Atom(part=part):
            return part not in (Part.METHOD, Part.SCHEME, Part.PORT)
        case Name(name=name):
            return name not in (*INPUTS, SECRET) and name not in scheme.definitions
        case _:
            return False


def _told(node: Expression) -> str:
    match node:
        case Atom(part=part, argument=argument):
            return f"{part}.{argument}" if argument else part.value
        case Name(name=name):
            return name
        case _:
            return "a part"
