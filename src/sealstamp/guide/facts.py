"""What is worth knowing of a scheme before one reads it: a line of the catalogue's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sealstamp.core.branches import SIGN
from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.filters import FILTERS
from sealstamp.core.lint import lint
from sealstamp.core.record import Record
from sealstamp.core.scheme import SECRET, SIGNATURE, Scheme
from sealstamp.core.timing import write_duration
from sealstamp.core.tree import Apply, Expression, Text, names, walk

_DIGESTS: Final = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


class Facts(Record):
    """``covered`` and ``uncovered`` are parts of a request, ``mac`` makes the signature, ``replay`` guards."""

    name: str
    title: str
    vendor: str
    url: str
    grade: str
    score: int
    covered: tuple[str, ...]
    uncovered: tuple[str, ...]
    mac: str
    replay: str


def facts_of(scheme: Scheme) -> Facts:
    """Return the facts of a scheme, all of them read off its description."""
    report, covered = lint(scheme), coverage_of(scheme)
    return Facts(
        scheme.name,
        scheme.title,
        scheme.vendor,
        scheme.url,
        report.grade,
        report.score,
        tuple(part.value for part in Covered if part in covered),
        uncovered(scheme),
        mac_of(scheme),
        _replay(scheme, Covered.TIME in covered, Covered.NONCE in covered),
    )


def uncovered(scheme: Scheme) -> tuple[str, ...]:
    """Return what can be changed in transit unseen; the id of a key that is not named does not count."""
    covered = coverage_of(scheme)
    named = (part for part in Covered if part is not Covered.ACCESS_KEY_ID or scheme.names_key)
    return tuple(part.value for part in named if part not in covered)


def mac_of(scheme: Scheme) -> str:
    """Return what makes the signature: a MAC or a signature, or a bare digest of a text with the secret in it."""
    if scheme.described is not None:
        return scheme.described.signed_with
    keyed: list[str] = []
    bare: list[str] = []
    for node in _making(scheme):
        if node.filter == "hmac" and isinstance(node.arguments[0], Text):
            keyed.append(f"HMAC-{node.arguments[0].value.upper()}")
        elif node.filter == SIGN and isinstance(node.arguments[0], Text):
            keyed.append(node.arguments[0].value)
        elif FILTERS[node.filter].digests:
            bare.append(f"{_DIGESTS.get(node.filter, node.filter.upper())}, no MAC")
    return next(iter([*keyed, *bare]), "none")


def _making(scheme: Scheme) -> Iterator[Apply]:
    """Yield the filters with the secret in what they take, the signature's own first."""
    for name in reversed(_with_secret(scheme.definitions)):
        found = [node for node in walk(scheme.definitions[name]) if isinstance(node, Apply)]
        secret = {SECRET, *_with_secret(scheme.definitions)}
        yield from (node for node in found if secret.intersection(names(node)))


def _with_secret(definitions: Mapping[str, Expression]) -> list[str]:
    """Return the names that lead from the secret to the signature, in order."""
    found: list[str] = []
    for name, tree in definitions.items():
        if {SECRET, *found}.intersection(names(tree)):
            found.append(name)
    return found if SIGNATURE in found else []


def _replay(scheme: Scheme, time: bool, nonce: bool) -> str:
    if scheme.time is None or not time:
        return "none"
    window = write_duration(scheme.time.past_ms)
    return f"nonce, within {window}" if nonce else f"window of {window} alone"
