"""How safe a scheme is, computed from what it says: findings, each with what it costs, and a grade.

The grade is 100 less the cost of every finding: A from 90, B from 80, C from 65, D from 50, E from 30, else F. It is
about the scheme, not about who uses it: TLS, a replay guard or a short window at one API can make good what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Final

from sealstamp.core import findings
from sealstamp.core.borders import check_borders
from sealstamp.core.branches import SIGN
from sealstamp.core.code import Description
from sealstamp.core.collisions import signed_definitions
from sealstamp.core.coverage import Covered, coverage_of, covers
from sealstamp.core.filters import FILTERS
from sealstamp.core.findings import Finding
from sealstamp.core.record import Record
from sealstamp.core.scheme import EXPIRES, LIFETIME, NONCE, SECRET, TIMESTAMP, Scheme
from sealstamp.core.strength import check_keys
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Join, Name, Part, Text, children, walk

GRADES: Final = MappingProxyType({"A": 90, "B": 80, "C": 65, "D": 50, "E": 30, "F": 0})
"""The least score of each grade."""
WIDE_MS: Final = 900_000
"""A window of more than this on one side, 15 minutes, is wide."""


class Report(Record):
    """Every finding, the score from 0 to 100, and the grade."""

    findings: tuple[Finding, ...]
    score: int
    grade: str


def lint(scheme: Scheme) -> Report:
    """Return what is unsafe about a scheme; everything is read off its description."""
    found = tuple(finding for check in _CHECKS for finding in check(scheme))
    score = max(0, 100 - sum(finding.rule.cost for finding in found))
    grade = next(grade for grade, least in GRADES.items() if score >= least)
    return Report(found, score, grade)


def _check_coverage(scheme: Scheme) -> Iterator[Finding]:
    covered = coverage_of(scheme)
    yield from (Finding(rule) for part, rule in findings.UNCOVERED.items() if part not in covered)
    if Covered.TIME not in covered:
        if scheme.nonce is not None and scheme.nonce.grows and Covered.NONCE in covered:
            yield Finding(findings.ORDER_ALONE)
        else:
            yield Finding(findings.NO_TIME, "a time travels, but it is not signed" if scheme.time else "")
    elif TIMESTAMP in scheme.may_lack:
        yield Finding(findings.TIME_MAY_LACK)
    if Covered.NONCE not in covered:
        yield Finding(findings.NO_NONCE, "a nonce travels, but it is not signed" if scheme.nonce else "")
    elif NONCE in scheme.may_lack:
        yield Finding(findings.NO_NONCE, "a request need not carry its nonce")


def _check_window(scheme: Scheme) -> Iterator[Finding]:
    if scheme.time is not None and max(scheme.time.past_ms, scheme.time.future_ms, scheme.time.most_ms or 0) > WIDE_MS:
        yield Finding(findings.WIDE_WINDOW)
    ends = {LIFETIME} | ({EXPIRES} - scheme.may_lack if TIMESTAMP in scheme.carried else set())
    for name in ends.intersection(scheme.carried):
        if not covers(scheme, name):
            yield Finding(findings.LIFETIME_NOT_COVERED)


def _check_digests(scheme: Scheme) -> Iterator[Finding]:
    if scheme.described is not None:
        yield from _check_described(scheme.described)
        return
    used = _filters(scheme)
    if not _is_keyed(used, _holding_secret(scheme)):
        yield Finding(findings.BARE_DIGEST)
        yield from _check_extension(scheme)
    hashes = {_hash_of(node) for node in used if FILTERS[node.filter].digests}
    yield from (Finding(rule) for rule in (findings.MD5, findings.SHA1) if rule.code in hashes)


def _check_described(described: Description) -> Iterator[Finding]:
    if not described.keyed:
        yield Finding(findings.BARE_DIGEST)
    yield from (Finding(rule) for rule in (findings.MD5, findings.SHA1) if rule.code in described.digests)


def _hash_of(node: Apply) -> str:
    """Return the name of the hash function that a digest, a MAC or a signature is made with."""
    name = node.arguments[0] if node.arguments else None
    if not isinstance(name, Text):
        return node.filter
    return name.value.rpartition("-")[2]


def _filters(scheme: Scheme) -> list[Apply]:
    return [node for tree in signed_definitions(scheme).values() for node in walk(tree) if isinstance(node, Apply)]


def _is_keyed(used: list[Apply], secret: frozenset[str]) -> bool:
    """Tell whether the secret is the key of a MAC, or a key is made from it."""
    return any(node.filter in ("hmac", SIGN) and _mentions(node.arguments[-1], secret) for node in used)


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


def _check_extension(scheme: Scheme) -> Iterator[Finding]:
    """A digest can be continued by whoever knows it; that is of use if what was digested could have gone on."""
    secret = _holding_secret(scheme)
    continued = (node for node in _filters(scheme) if node.filter in _CONTINUED and _mentions(node.source, secret))
    ends = (_last(node.source, scheme) for node in continued)
    parts = [end.part for end in ends if isinstance(end, Atom) and end.part in _OF_ANY_BYTES]
    if parts:
        yield Finding(findings.LENGTH_EXTENSION, f"{parts[0]} comes last")


_CONTINUED: Final = frozenset({"md5", "sha1", "sha256", "sha512"})
"""Digests that show all of their state; SHA-384 keeps a quarter to itself."""
_OF_ANY_BYTES: Final = frozenset(
    {Part.BODY, Part.FORM, Part.PARAMETER, Part.FORM_FIELDS, Part.QUERY_FIELDS, Part.XML_FIELDS, Part.PACKED_FIELDS}
)
"""Parts that can hold the bytes with which a digest pads its text."""


def _last(node: Expression, scheme: Scheme) -> Expression:
    """Return what stands at the end of a text."""
    match node:
        case Name(name=name) if name in scheme.definitions:
            return _last(scheme.definitions[name], scheme)
        case Concat(parts=parts) | Join(parts=parts):
            return _last(parts[-1], scheme)
        case Apply(filter="join" | "join_bare", source=source):
            return _list(source)
        case _:
            return node


def _list(node: Expression) -> Expression:
    """Return the part of the request that a list is made of, if it is decoded when it is written."""
    while isinstance(node, Apply) and node.filter != "encode_each":
        node = node.source
    return node


_CHECKS: Final[tuple[Callable[[Scheme], Iterator[Finding]], ...]] = (
    _check_coverage,
    _check_window,
    _check_digests,
    check_borders,
    check_keys,
)
