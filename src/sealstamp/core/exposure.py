"""How much of the secret each definition holds: what must never travel, and what must not be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

from sealstamp.core.filters import FILTERS
from sealstamp.core.scheme import SECRET
from sealstamp.core.tree import Apply, Expression, Name, children


class Exposure(IntEnum):
    """From nothing of the secret to all of it."""

    NONE = 0
    DIGESTED = 1
    """Made from the secret by a digest or a MAC: a derived key, a signature."""
    PLAIN = 2
    """The secret can be read off."""


def exposures_of(definitions: Mapping[str, Expression], secrets: Iterable[str] = (SECRET,)) -> dict[str, Exposure]:
    """Return each definition's exposure, and that of the ``secrets`` themselves."""
    found = dict.fromkeys(secrets, Exposure.PLAIN)
    for name, expression in definitions.items():
        found[name] = exposure_of(expression, found)
    return found


def exposure_of(node: Expression, known: Mapping[str, Exposure]) -> Exposure:
    """Return how much of the secret an expression holds, where names hold what ``known`` says."""
    if isinstance(node, Name):
        return known.get(node.name, Exposure.NONE)
    inner = max((exposure_of(child, known) for child in children(node)), default=Exposure.NONE)
    hides = isinstance(node, Apply) and FILTERS[node.filter].digests
    return min(inner, Exposure.DIGESTED) if hides else inner
