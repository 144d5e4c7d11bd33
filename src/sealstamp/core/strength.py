"""How much chance there is in secrets, keys and ids."""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from typing import Final

from sealstamp.core import findings
from sealstamp.core.collisions import signed_definitions
from sealstamp.core.findings import Finding
from sealstamp.core.forms import Form
from sealstamp.core.scheme import Scheme
from sealstamp.core.tree import Apply, Expression, Name, Text, walk

STRONG_BITS: Final = 128
"""A secret of fewer bits is short."""
WEAK_BITS: Final = 80
"""A secret of fewer bits can be searched for today."""
GUESSABLE_BITS: Final = 40
"""Access key ids of fewer bits can be counted through at the door."""


def check_keys(scheme: Scheme) -> Iterator[Finding]:
    """What a new pair looks like; a form says the most that a secret can be worth."""
    bits = STRONG_BITS if scheme.keys.secret.pair else _bits(scheme.keys.secret)
    if bits < WEAK_BITS:
        yield Finding(findings.WEAK_SECRET, f"{bits} bits")
    elif bits < STRONG_BITS:
        yield Finding(findings.SHORT_SECRET, f"{bits} bits")
    if cut := _cut_key(scheme):
        yield Finding(findings.WEAK_KEY, f"{cut} bytes")
    if scheme.names_key and (id_bits := _bits(scheme.keys.access_key_id)) < GUESSABLE_BITS:
        yield Finding(findings.GUESSABLE_ID, f"{id_bits} bits")


def _bits(form: Form) -> int:
    """Return how many bits of chance a text of this form holds; a UUID has six that are fixed."""
    return int(form.length * log2(len(form.alphabet))) - (6 if form.dashed else 0)


def _cut_key(scheme: Scheme) -> int | None:
    """Return how many bytes are left of a MAC's key that is cut, if these are too few; hexadecimal holds half."""
    for tree in signed_definitions(scheme).values():
        for node in walk(tree):
            if isinstance(node, Apply) and node.filter == "hmac" and (left := _left_of(node.arguments[-1], scheme)):
                return left
    return None


def _left_of(key: Expression, scheme: Scheme) -> int | None:
    match key:
        case Name(name=name) if name in scheme.definitions:
            return _left_of(scheme.definitions[name], scheme)
        case Apply(filter="slice", source=source, arguments=(Text(value=start), Text(value=stop))):
            size = int(stop) - int(start)
            is_hex = isinstance(source, Apply) and source.filter == "hex"
            left = size // 2 if is_hex else size
            return left if left * 8 < STRONG_BITS else None
        case _:
            return None
