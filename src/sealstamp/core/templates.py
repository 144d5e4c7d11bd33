"""The templates of packed texts: names, and literals between them."""

from __future__ import annotations

import re
from typing import Final

from sealstamp.core.places import Where
from sealstamp.core.scheme import Packed
from sealstamp.core.tree import Concat, Expression, Text, names

_CREDENTIALS: Final = frozenset({b"authorization", b"proxy-authorization"})


def parts_of(template: Expression) -> tuple[Expression, ...]:
    """Return what a template is made of."""
    return template.parts if isinstance(template, Concat) else (template,)


def literal_of(part: Expression) -> bytes:
    """Return the bytes of a literal; of a name none."""
    return part.value.encode() if isinstance(part, Text) else b""


def opening_of(packed: Packed, text: bytes) -> bytes:
    """Return a pattern for the beginning of a text; an auth-scheme has no case (RFC 9110, section 11.1)."""
    word, space, rest = text.partition(b" ")
    if space and packed.place.where is Where.HEADER and packed.place.key in _CREDENTIALS:
        return b"(?i:" + re.escape(word) + b") " + re.escape(rest)
    return re.escape(text)


def mark_of(packed: Packed) -> bytes:
    """Return what stands between pairs, without the white space that may stand around it."""
    return packed.separator.encode().strip() or packed.separator.encode()


def absent_of(packed: Packed, template: Expression) -> tuple[bytes, ...] | None:
    """Return the values of a pair that did not come; None where it must."""
    carried = tuple(names(template))
    return (b"",) * len(carried) if packed.may_lack.issuperset(carried) else None
