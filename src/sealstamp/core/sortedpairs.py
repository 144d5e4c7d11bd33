"""Sorting pairs that are encoded already, ``{query_fields|encode_each|sort|join:'=','&'}``, as they are.

Most queries, forms and headers come in the one encoding that decoding and encoding them anew would give. They are told
by what is left without the characters that never need it: one ``=`` for each pair, with ``&`` between.
"""

from __future__ import annotations

import re
from typing import Final

from sealstamp.core.encoding import UNRESERVED, is_unreserved
from sealstamp.core.fieldlists import encoded_query, join
from sealstamp.core.request import Request

_MOST: Final = 64
"""With more pairs than this, they are sorted the long way."""
_KEPT: Final = UNRESERVED + b"%"
_MARKS: Final = [b"&".join([b"="] * count) for count in range(_MOST + 1)]
_PLUS: Final = ord("+")
_PERCENT: Final = ord("%")
_OTHER_ESCAPE: Final = re.compile(rb"%(?!(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF]))").search
"""Finds an escape in lower case, of a character that needs none, or that is none."""


def sorted_text(text: bytes, between: bytes, separator: bytes, without: frozenset[bytes] = frozenset()) -> bytes | None:
    """Sort ``a=1&b=2`` by names, then values, without some names; None where it has to be encoded anew."""
    pairs = text.replace(b"=", b"\0").split(b"&")  # below all other bytes, so that names count before values
    if len(pairs) > _MOST or text.translate(None, _KEPT) != _MARKS[len(pairs)]:
        return None
    if _PERCENT in text and _OTHER_ESCAPE(text):
        return None
    if without:
        if not is_unreserved(b"".join(without)):
            return None
        pairs = [pair for pair in pairs if pair.partition(b"\0")[0] not in without]
    pairs.sort()
    return separator.join(pairs).replace(b"\0", between)


def encode_pairs(text: bytes) -> bytes:
    """Return ``percent_encode`` of pairs that were encoded, and put together with ``=`` and ``&``."""
    return text.replace(b"%", b"%25").replace(b"=", b"%3D").replace(b"&", b"%26")


def sorted_query(request: Request, without: frozenset[bytes], between: bytes, separator: bytes) -> bytes:
    """Return ``join(sorted(encode_each(query_list(…))), …)``."""
    found = sorted_text(request.query, between, separator, without) if request.query else b""
    return join(sorted(encoded_query(request, without)), between, separator) if found is None else found


def sorted_pairs(urlencoded: tuple[bytes, ...], pairs: bytes | None, between: bytes, separator: bytes) -> bytes | None:
    """Sort queries and forms, and with them ``pairs`` in which a plus is no space; None where it takes the long way."""
    if pairs is None:
        return None
    text = b"&".join(filter(None, urlencoded))
    if _PLUS in text:
        text = text.replace(b"+", b"%20")
    if text and pairs:
        text += b"&"
    return sorted_text(text + pairs, between, separator) if text or pairs else b""
