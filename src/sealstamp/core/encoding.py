"""Reading and writing percent-encoding, urlencoded pairs and JSON fields, strictly and within limits."""

from __future__ import annotations

import json
import re
from binascii import a2b_qp
from collections import Counter
from collections.abc import Iterable
from typing import Final, TypeVar

from sealstamp.errors import MalformedCredentialsError

T = TypeVar("T")

Pairs = tuple[dict[bytes, bytes], frozenset[bytes]]
"""Values by name, and the names that came more than once; of those, the last value counts."""

NONE: Final[frozenset[bytes]] = frozenset()

MAX_PARAMETERS: Final = 1_000
"""More parameters than this in one query or form are refused."""

UNRESERVED: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PERCENT: Final = ord("%")
_PLUS: Final = ord("+")
_LINE_FEED: Final = ord("\n")
_RETURN: Final = ord("\r")
"""As numbers, for ``number in text`` costs a tenth of ``text in text``."""
_FEW: Final = 8
"""Up to so many different characters are replaced one after another, through the whole text each; else byte by byte."""
_ENCODED: Final = {byte: b"%%%02X" % byte for byte in range(256)} | {b: bytes([b]) for b in UNRESERVED}
_WRITTEN: Final = {byte: (bytes([byte]), b"%%%02X" % byte) for byte in range(256)}
_DIGITS: Final = "0123456789ABCDEFabcdef"
_DECODED: Final = {f"%{a}{b}".encode(): bytes.fromhex(a + b) for a in _DIGITS for b in _DIGITS}
PLAIN_PAIRS: Final = re.compile(rb"[\w.~-]++=[\w.~-]*+(?:&[\w.~-]++=[\w.~-]*+)*+", re.ASCII).fullmatch
"""What matches ``a=1&b=2`` of unreserved characters alone: decoded or encoded, it is the same."""
_ESCAPE: Final = re.compile(rb"%[0-9a-fA-F]{2}")


def repeated(names: Iterable[T]) -> frozenset[T]:
    """Return the names that occur more than once."""
    return frozenset(name for name, times in Counter(names).items() if times > 1)


def percent_encode(text: bytes, safe: bytes = b"") -> bytes:
    """Encode everything but unreserved and ``safe`` characters, in upper-case hex (RFC 3986, sections 2.1 and 2.3)."""
    reserved = text.translate(None, UNRESERVED + safe if safe else UNRESERVED)
    if not reserved:
        return text
    different = {*reserved}
    if len(different) > _FEW:
        return b"".join([bytes([byte]) if byte in safe else _ENCODED[byte] for byte in text])
    if _PERCENT in different:  # first, for the others bring more of it
        different.remove(_PERCENT)
        text = text.replace(b"%", b"%25")
    for byte in different:
        plain, written = _WRITTEN[byte]
        text = text.replace(plain, written)
    return text


def is_unreserved(text: bytes) -> bool:
    """Tell whether percent-encoding would change nothing."""
    return not text.translate(None, UNRESERVED)


def percent_decode(text: bytes) -> bytes:
    """Decode ``%XX``; an escape that is none stays as it is, as most servers leave it."""
    if _PERCENT not in text:
        return text
    # Quoted-printable is the same with another mark, and has a decoder in C. Each escape makes the text two shorter; if
    # any is none, the length tells, unless there are line ends, which mean more there.
    decoded = a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(text) - len(decoded) == 2 * text.count(b"%") and _LINE_FEED not in text and _RETURN not in text:
        return decoded
    return _ESCAPE.sub(_unescape, text)


def _unescape(escape: re.Match[bytes]) -> bytes:
    return _DECODED[escape[0]]


def parse_urlencoded(text: bytes) -> Pairs:
    """Split ``a=1&b=2`` and decode names and values; ``+`` is a space (WHATWG URL, section 5.1).

    Raises MalformedCredentialsError for more than MAX_PARAMETERS.
    """
    pairs = _split(text)
    values = {name: value for name, _, value in pairs}
    return values, NONE if len(values) == len(pairs) else repeated(name for name, _, _ in pairs)


def split_urlencoded(text: bytes) -> list[tuple[bytes, bytes]]:
    """Return the decoded names and values in order, doubles kept; none of an empty text. Raises as above."""
    if PLAIN_PAIRS(text):
        return [(name, value) for name, _, value in [pair.partition(b"=") for pair in split_pairs(text)]]
    return [(name, value) for name, mark, value in _split(text) if name or mark]


def split_pairs(text: bytes) -> list[bytes]:
    """Return what stands between ampersands, as it is. Raises MalformedCredentialsError for too many."""
    pieces = text.split(b"&")
    if len(pieces) > MAX_PARAMETERS:
        raise MalformedCredentialsError(f"more than {MAX_PARAMETERS} parameters")
    return pieces


def _split(text: bytes) -> list[tuple[bytes, bytes, bytes]]:
    pieces = split_pairs(text)
    if _PERCENT not in text and _PLUS not in text:
        return [piece.partition(b"=") for piece in pieces]
    return [_decode_pair(piece) if _PERCENT in piece or _PLUS in piece else piece.partition(b"=") for piece in pieces]


def _decode_pair(piece: bytes) -> tuple[bytes, bytes, bytes]:
    name, mark, value = piece.partition(b"=")
    if _PERCENT in name or _PLUS in name:
        name = _decode_form(name)
    return name, mark, _decode_form(value)


def _decode_form(text: bytes) -> bytes:
    return percent_decode(text.replace(b"+", b" ") if _PLUS in text else text)


def remove_parameters(query: bytes, names: frozenset[bytes]) -> bytes:
    """Return the raw query without the parameters of these (decoded) names, all else untouched."""
    pieces = query.split(b"&")
    return b"&".join([piece for piece in pieces if _decode_form(piece.partition(b"=")[0]) not in names])


def set_parameter(query: bytes, name: bytes, value: bytes) -> bytes:
    """Return the raw query with one parameter set: where it stands already, else at the end, all else untouched."""
    pair = percent_encode(name) + b"=" + percent_encode(value)
    if not query:
        return pair
    if name not in query and _PERCENT not in query and _PLUS not in query:
        return query + b"&" + pair
    pieces = query.split(b"&")
    at = [index for index, piece in enumerate(pieces) if _decode_form(piece.partition(b"=")[0]) == name]
    if not at:
        return query + b"&" + pair
    if _decode_form(pieces[at[0]].partition(b"=")[2]) != value:
        pieces[at[0]] = pair
    return b"&".join([piece for index, piece in enumerate(pieces) if index not in at[1:]])


def parse_json_fields(body: bytes) -> Pairs:
    """Read the texts and whole numbers at the top of a JSON object.

    Raises MalformedCredentialsError when the body is not one JSON object in UTF-8.
    """
    doubled: list[str] = []
    try:
        fields = json.loads(body.decode("utf-8"), object_pairs_hook=lambda pairs: _object(pairs, doubled))
    except (ValueError, RecursionError):
        raise MalformedCredentialsError("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise MalformedCredentialsError("the body is not a JSON object")
    texts = {_utf8(name): _utf8(str(value)) for name, value in fields.items() if type(value) in (str, int)}
    return texts, frozenset(map(_utf8, doubled))


def _utf8(text: str) -> bytes:
    """Encode; a lone surrogate, which JSON can spell and UTF-8 cannot, stays visible as an escape."""
    return text.encode("utf-8", "backslashreplace")


def _object(pairs: list[tuple[str, object]], doubled: list[str]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        doubled.extend(repeated(name for name, _ in pairs))
    return values
