"""How safe a scheme is, computed from what it says: findings, each with what it costs, and a grade.

The grade is 100 less the cost of every finding: A from 90, B from 80, C from 65, D from 50, E from 30, else F. It is
about the scheme, not about who uses it: TLS, a replay guard or a short window at one API can make good what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from sealstamp.core.branches import SIGN
from sealstamp.core.code import Description
from sealstamp.core.coverage import Covered, coverage_of, covers
from sealstamp.core.filters import FILTERS
from sealstamp.core.record import Record
from sealstamp.core.scheme import EXPIRES, INPUTS, LIFETIME, NONCE, SECRET, SIGNATURE, TIMESTAMP, Scheme
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Join, Name, Part, Text, children, walk

GRADES: Final = MappingProxyType({"A": 90, "B": 80, "C": 65, "D": 50, "E": 30, "F": 0})
"""The least score of each grade."""
WIDE_MS: Final = 900_000
"""A window of more than this on one side, 15 minutes, is wide."""


class Rule(Record):
    """One thing that can be wrong: what it costs, what can be done with it, and what to do about it."""

    code: str
    cost: int
    problem: str
    attack: str
    remedy: str


class Finding(Record):
    """A rule that a scheme breaks, and where."""

    rule: Rule
    detail: str = ""


class Report(Record):
    """Every finding, the score from 0 to 100, and the grade."""

    findings: tuple[Finding, ...]
    score: int
    grade: str


def _uncovered(part: Covered, cost: int, attack: str) -> Rule:
    remedy = "sign it; until then serve over TLS only and guard against replay by signature"
    return Rule(f"{part.name.lower()}_not_covered", cost, f"the {part} is not signed", attack, remedy)


_UNCOVERED: Final = {
    Covered.METHOD: _uncovered(Covered.METHOD, 10, "turn a captured GET /orders/7 into DELETE /orders/7"),
    Covered.HOST: _uncovered(Covered.HOST, 5, "send a request captured at the test system to the live one"),
    Covered.PATH: _uncovered(Covered.PATH, 15, "send a captured signature for /status to /transfers"),
    Covered.QUERY: _uncovered(Covered.QUERY, 15, "change ?to=alice into ?to=mallory"),
    Covered.BODY: _uncovered(Covered.BODY, 15, 'change {"amount": 1} into {"amount": 1000}'),
}
_NO_TIME = Rule(
    "no_time",
    25,
    "the signature does not depend on a time",
    "a captured request is accepted for ever",
    "sign a time, and accept it within a window",
)
_TIME_MAY_LACK = Rule(
    "time_may_lack",
    15,
    "a request need not carry its time",
    "one that was captured without a time is accepted for ever",
    "guard against replay by signature, which refuses requests without a time",
)
_NO_NONCE = Rule(
    "no_nonce",
    5,
    "nothing in the request is unique",
    "a captured request is accepted again within the window",
    "sign a nonce; or guard against replay by signature",
)
_BARE_DIGEST = Rule(
    "bare_digest",
    20,
    "the secret is digested, not used as the key of a MAC",
    "append to what was signed where the secret comes first, or search the secret offline at full speed",
    "use HMAC (RFC 2104)",
)
_MD5 = Rule("md5", 10, "MD5 is broken", "two different texts can be made to have one digest", "use SHA-256")
_SHA1 = Rule("sha1", 3, "SHA-1 is being retired", "collisions have been made; as a MAC it still holds", "use SHA-256")
_TOUCHING = Rule(
    "touching_fields",
    5,
    "two values of any length are signed with nothing between them",
    "move characters from one to the other: 1 and 23 are signed as 12 and 3 are",
    "put a separator between them that neither can contain",
)
_WIDE_WINDOW = Rule(
    "wide_window",
    5,
    "a request may be more than 15 minutes old or ahead",
    "a captured request is accepted for that long",
    "set past and future, or most, to 5 min",
)
_LIFETIME = Rule(
    "lifetime_not_covered",
    5,
    "the client says how long a request is good, and that is not signed",
    "give a captured request the longest lifetime that is accepted",
    "sign it; until then set most to what clients need",
)

RULES: Final = (
    *_UNCOVERED.values(),
    _NO_TIME,
    _TIME_MAY_LACK,
    _NO_NONCE,
    _BARE_DIGEST,
    _MD5,
    _SHA1,
    _TOUCHING,
    _WIDE_WINDOW,
    _LIFETIME,
)
"""Every rule, for those who publish them."""


def lint(scheme: Scheme) -> Report:
    """Return what is unsafe about a scheme; everything is read off its description."""
    findings = tuple(finding for check in _CHECKS for finding in check(scheme))
    score = max(0, 100 - sum(finding.rule.cost for finding in findings))
    grade = next(grade for grade, least in GRADES.items() if score >= least)
    return Report(findings, score, grade)


def _check_coverage(scheme: Scheme) -> Iterator[Finding]:
    covered = coverage_of(scheme)
    yield from (Finding(rule) for part, rule in _UNCOVERED.items() if part not in covered)
    if Covered.TIME not in covered:
        yield Finding(_NO_TIME)
    elif TIMESTAMP in scheme.may_lack:
        yield Finding(_TIME_MAY_LACK)
    if Covered.NONCE not in covered or NONCE in scheme.may_lack:
        yield Finding(_NO_NONCE)


def _check_window(scheme: Scheme) -> Iterator[Finding]:
    if scheme.time is not None and max(scheme.time.past_ms, scheme.time.future_ms, scheme.time.most_ms or 0) > WIDE_MS:
        yield Finding(_WIDE_WINDOW)
    ends = {LIFETIME} | ({EXPIRES} if TIMESTAMP in scheme.carried else set())
    for name in ends.intersection(scheme.carried):
        if not covers(scheme, name):
            yield Finding(_LIFETIME)


def _check_digests(scheme: Scheme) -> Iterator[Finding]:
    if scheme.described is not None:
        yield from _check_described(scheme.described)
        return
    used = [node for tree in _signed(scheme).values() for node in walk(tree) if isinstance(node, Apply)]
    secret = _holding_secret(scheme)
    if not any(node.filter in ("hmac", SIGN) and _mentions(node.arguments[-1], secret) for node in used):
        yield Finding(_BARE_DIGEST)
    hashes = {_hash_of(node) for node in used if FILTERS[node.filter].digests}
    yield from (Finding(rule) for rule in (_MD5, _SHA1) if rule.code in hashes)


def _check_described(described: Description) -> Iterator[Finding]:
    if not described.keyed:
        yield Finding(_BARE_DIGEST)
    yield from (Finding(rule) for rule in (_MD5, _SHA1) if rule.code in described.digests)


def _hash_of(node: Apply) -> str:
    """Return the name of the hash function that a digest, a MAC or a signature is made with."""
    name = node.arguments[0] if node.arguments else None
    if not isinstance(name, Text):
        return node.filter
    return name.value.rpartition("-")[2]


def _check_touching(scheme: Scheme) -> Iterator[Finding]:
    for name, tree in _signed(scheme).items():
        for node in walk(tree):
            if pair := _touching(node, scheme):
                yield Finding(_TOUCHING, f"in {name}: {pair[0]} and {pair[1]}")
                return


def _touching(node: Expression, scheme: Scheme) -> tuple[str, str] | None:
    """Return the names of two neighbours whose border cannot be seen, if there are any."""
    match node:
        case Concat(parts=parts) | Join(separator="", parts=parts):
            for left, right in pairwise(parts):
                if _is_unbounded(left, scheme) and _is_unbounded(right, scheme):
                    return _told(left), _told(right)
        case Apply(filter="join", arguments=(Text(value=""), *_)):
            return "names", "values"
    return None


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


def _signed(scheme: Scheme) -> dict[str, Expression]:
    """Return the definitions from which the signature is made, itself included."""
    found: dict[str, Expression] = {}
    waiting = [SIGNATURE]
    while waiting:
        name = waiting.pop()
        if name in scheme.definitions and name not in found:
            found[name] = scheme.definitions[name]
            waiting += [node.name for node in walk(found[name]) if isinstance(node, Name)]
    return found


def _holding_secret(scheme: Scheme) -> frozenset[str]:
    """Return the names whose values depend on the secret."""
    names = {SECRET}
    for name, tree in scheme.definitions.items():
        if _mentions(tree, names):
            names.add(name)
    return frozenset(names)


def _mentions(node: Expression, names: frozenset[str] | set[str]) -> bool:
    if isinstance(node, Name):
        return node.name in names
    return any(_mentions(child, names) for child in children(node))


_CHECKS: Final[tuple[Callable[[Scheme], Iterator[Finding]], ...]] = (
    _check_coverage,
    _check_digests,
    _check_touching,
    _check_window,
)
