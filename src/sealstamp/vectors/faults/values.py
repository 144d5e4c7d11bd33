"""Changing one value of a signed request, in whatever carries it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Final

from sealstamp.core.packing import make_writer
from sealstamp.core.request import Request
from sealstamp.core.scheme import EXPIRES, LIFETIME, TIMESTAMP, Packed
from sealstamp.errors import VectorError, VerificationError
from sealstamp.vectors.situation import NOW_MS, Situation
from sealstamp.vectors.surgery import (
    replaced,
    value_at,
)

_Recode = Callable[[bytes], bytes]


def other_value(situation: Situation, name: str, value: bytes) -> bytes:
    """Return another value that a field may have."""
    rule = situation.scheme.time
    if name in (TIMESTAMP, EXPIRES) and rule is not None:
        may_be_ahead = name == EXPIRES or rule.future_ms >= 1000
        return rule.format.write(NOW_MS + (1000 if may_be_ahead else -1000))
    if name == LIFETIME:
        return b"%d" % (int(value) - 1)
    return flipped(value)


def flipped(value: bytes) -> bytes:
    """Return a text in which one character, in the middle, is another of its kind."""
    at = next((at for at in range(len(value) // 2, len(value)) if value[at : at + 1].isalnum()), len(value) - 1)
    old = value[at : at + 1]
    new = b"1" if old == b"0" else b"0" if old.isdigit() else b"b" if old in b"aA" else b"a"
    return value[:at] + new + value[at + 1 :]


def put(situation: Situation, request: Request, name: str, value: bytes) -> Request:
    """Return the request with another value for one that it carries, in whatever carries it."""
    carrier = situation.carrier(name)
    place = carrier.places[0]
    if not isinstance(carrier, Packed):
        return replaced(request, place, value)
    values = situation.values(request)
    for decode, encode in (_AS_IT_IS, _IN_BASE64):
        text = decode(value_at(request, place))
        at = _position(situation, request, carrier, name, text, encode)
        if at is not None:
            return replaced(request, place, encode(text[:at] + value + text[at + len(values[name]) :]))
    if carrier.template is None and not carrier.pairs:  # only the scheme's code can write it
        raise VectorError(f"{situation.scheme.name}: {name} does not stand in {carrier.name} as it is")
    return replaced(request, place, make_writer(carrier)({**values, name: value}))


def _from_base64(text: bytes) -> bytes:
    """Undo base64; of a text that is none, nothing is left."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


_AS_IT_IS: Final[tuple[_Recode, _Recode]] = (bytes, bytes)
_IN_BASE64: Final[tuple[_Recode, _Recode]] = (_from_base64, base64.b64encode)


def _position(
    situation: Situation, request: Request, carrier: Packed, name: str, text: bytes, encode: _Recode
) -> int | None:
    """Return where in a packed text a value stands: there, and nowhere else, does a change of it change this value."""
    values = situation.values(request)
    old, other = values[name], other_value(situation, name, values[name]) if values[name] else b""
    wanted = {**values, name: other}
    for found in re.finditer(re.escape(old), text) if old else ():
        changed = replaced(request, carrier.place, encode(text[: found.start()] + other + text[found.end() :]))
        try:
            came = situation.values(changed)
        except VerificationError:
            continue
        if came == wanted:
            return found.start()
    return None
