"""Packed texts that look familiar: what a client writes alike every time is taken apart only once.

Three ways, each of which reads what the grammar in ``unpacking`` reads, or leaves the text to it:

- pairs in quotes, ``Hawk id="…", ts="…"``: what stands outside the quotes tells which pairs they are, in any order;
- pairs that end in the signature, ``Credential=…, SignedHeaders=…, Signature=…``: all before it is the same for a day;
- other pairs, in the scheme's order: one regular expression.

What is remembered is bounded in number and in length. It is made of requests that nobody has verified, and says only
how they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from sealstamp.core.encoding import is_unreserved, percent_decode
from sealstamp.core.scheme import NONCE, SIGNATURE, TIMESTAMP, Packed
from sealstamp.core.templates import absent_of, literal_of, mark_of, opening_of, parts_of
from sealstamp.core.tree import Expression, Name, Text

T = TypeVar("T")

MAX_LENGTH: Final = 16_384
"""A packed text longer than this is refused."""
MOST: Final = 256
LONGEST: Final = 512
"""So many ways to write are remembered, each of at most so many bytes."""
_PERCENT: Final = ord("%")
_AMPERSAND: Final = ord("&")

Values = tuple[bytes, ...]
Read = Callable[[bytes], Values]
Match = Callable[[bytes], re.Match[bytes] | None]


def familiar_reader(packed: Packed, read: Read) -> Read:
    """Return what reads as ``read`` does, in less time where the text looks familiar."""
    if is_in_quotes(packed):
        return _quoted_reader(packed, read)
    usual = usual_writing(packed)
    if usual is None:
        return read
    return _ending_reader(packed, usual, read) if _ends_in_signature(packed) else _usual_reader(packed, usual, read)


# pairs in quotes


def is_in_quotes(packed: Packed) -> bool:
    """Tell whether a text is pairs in quotes, each with one value, and something to see between them."""
    is_simple = all(isinstance(template, Name) for _, template in packed.pairs)
    is_plain = packed.quoted and not packed.bare and not packed.base64 and not packed.several
    return bool(packed.pairs) and is_simple and is_plain and bool(mark_of(packed).strip())


class Shapes(Generic[T]):
    """What is made of the keys of pairs in quotes, by all that stands outside the quotes.

    ``make`` is given the keys in the order of the text, and returns None for those that are not for it.
    """

    def __init__(self, packed: Packed, make: Callable[[Sequence[bytes]], T | None]) -> None:
        mark = re.escape(mark_of(packed))
        key = rb'[ \t]*+([^=" \t' + mark + rb"]++)="
        self._first = re.compile(opening_of(packed, packed.prefix.encode()) + key).fullmatch
        self._next = re.compile(rb"[ \t]*+" + mark + key).fullmatch
        self._make = make
        self._known: dict[tuple[bytes, ...], T] = {}

    def find(self, pieces: Sequence[bytes]) -> T | None:
        """Return what was made for a text that was split at its quotes; None if it is not pairs in quotes."""
        outside = (*pieces[::2],)
        found = self._known.get(outside)
        if found is None:
            found = self._learn(outside)
        return found if len(pieces) % 2 else None  # or a quote was left open

    def _learn(self, outside: tuple[bytes, ...]) -> T | None:
        if sum(map(len, outside)) > LONGEST or outside[-1].strip(b" \t"):
            return None
        matches = [self._next(text) if index else self._first(text) for index, text in enumerate(outside[:-1])]
        made = self._make([match[1] for match in matches if match]) if matches and all(matches) else None
        if made is not None:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[outside] = made
        return made


def _quoted_reader(packed: Packed, read: Read) -> Read:
    wanted = [(key.encode(), absent_of(packed, template) is not None) for key, template in packed.pairs]
    decodes = [key in packed.encoded for key, _ in packed.pairs]
    absent_at = 0  # a text that cannot be a value stands there, and is made the empty one

    def places_of(keys: Sequence[bytes]) -> Callable[[Sequence[bytes]], Any] | None:
        places = {key: 2 * index + 1 for index, key in enumerate(keys)}
        if len(places) != len(keys) or any(key not in places and not may_lack for key, may_lack in wanted):
            return None
        return itemgetter(*(places.get(key, absent_at) for key, _ in wanted))

    def decode_some(values: Values) -> Values:
        pairs = zip(values, decodes, strict=True)
        return (*[percent_decode(value) if decode else value for value, decode in pairs],)

    shapes, decodes_all = Shapes(packed, places_of), all(decodes)

    def quoted(text: bytes) -> Values:
        pieces = text.split(b'"')
        take = shapes.find(pieces)
        if take is None or len(text) > MAX_LENGTH:
            return read(text)
        pieces[absent_at] = b""
        values: Values = take(pieces)
        if not packed.encoded or _PERCENT not in text:
            return values
        return (*[percent_decode(v) if _PERCENT in v else v for v in values],) if decodes_all else decode_some(values)

    return quoted if len(wanted) > 1 else read


def make_pair_joiner(packed: Packed, left_out: frozenset[bytes]) -> Callable[[bytes], bytes | None]:
    """Return what writes pairs in quotes as ``a=1&b=2``, encoded as they came, without those with keys ``left_out``.

    It returns None for a text that looks otherwise, or has an ampersand in it. Pairs that nobody knows are there too.
    """

    def writing_of(keys: Sequence[bytes]) -> tuple[bytes, Callable[[Sequence[bytes]], Any]] | None:
        kept = [(index, key) for index, key in enumerate(keys) if key not in left_out]
        if not kept or not is_unreserved(b"".join(keys)):
            return None
        return b"&".join([key + b"=%b" for _, key in kept]), itemgetter(*(2 * index + 1 for index, _ in kept))

    shapes = Shapes(packed, writing_of)

    def join(text: bytes) -> bytes | None:
        pieces = text.split(b'"')
        found = shapes.find(pieces)
        if found is None or _AMPERSAND in text or len(text) > MAX_LENGTH:
            return None
        template, take = found
        joined: bytes = template % take(pieces)
        return joined

    return join


# other pairs


def _ends_in_signature(packed: Packed) -> bool:
    """Tell whether the signature is the last value, and nothing before it is new with each request."""
    *before, last = packed.carried
    is_last = last == SIGNATURE and packed.pairs[-1][1] == Name(SIGNATURE)
    return is_last and {NONCE, TIMESTAMP}.isdisjoint(before) and not any(map(str.isalnum, packed.separator))


def _ending_reader(packed: Packed, usual: Match, read: Read) -> Read:
    marker = packed.pairs[-1][0].encode() + b"="
    heads: dict[bytes, Values] = {}
    read_usual = _usual_reader(packed, usual, read)

    def ending(text: bytes) -> Values:
        head, _, last = text.rpartition(marker)
        found = heads.get(head)
        if not last.isalnum() or len(text) > MAX_LENGTH:
            return read_usual(text)
        if found is not None:  # with letters and digits alone, whichever they are, it is written as usual again
            return (*found, last)
        values = read_usual(text)
        if values[-1] == last and len(head) <= LONGEST and usual(text):
            if len(heads) >= MOST:
                heads.clear()
            heads[head] = values[:-1]
        return values

    return ending


def _usual_reader(packed: Packed, usual: Match, read: Read) -> Read:
    decodes = bool(packed.encoded)

    def at_once(text: bytes) -> Values:
        match = usual(text) if len(text) <= MAX_LENGTH else None
        if match is None:
            return read(text)
        return (*map(percent_decode, match.groups(b"")),) if decodes else match.groups(b"")

    return at_once


def usual_writing(packed: Packed) -> Match | None:
    """Return what matches pairs as clients mostly write them, all at once: in the scheme's order, each in one way.

    What it matches means what the grammar reads in it, once decoded if any pair is encoded. None where the scheme's
    pairs are not so simple.
    """
    if not packed.pairs or packed.base64 or packed.several:
        return None
    mark = mark_of(packed)
    between = re.escape(mark) + rb"[ \t]*+" * bool(mark.strip())
    pattern = opening_of(packed, packed.prefix.encode())
    for key, template in packed.pairs:
        decoded_alone = key in packed.encoded and isinstance(template, Name)
        outside = (b'"' if packed.quotes(key) else b'" \t' + mark) + (b"" if decoded_alone else b"%")
        value = _usual_value(template, outside)
        if value is None or not {*key.encode()}.isdisjoint(b'=" \t' + mark):
            return None
        value = b'"' + value + b'"' if packed.quotes(key) else value
        pair = re.escape(key.encode()) + b"=" + value + b"(?:" + between + rb"(?!\Z)|\Z)"
        pattern += pair if absent_of(packed, template) is None else b"(?:" + pair + b")?"
    return re.compile(pattern).fullmatch


def _usual_value(template: Expression, outside: bytes) -> bytes | None:
    """Return a pattern for one pair's value without the bytes ``outside``; None if a literal has one of them."""
    parts = parts_of(template)
    if any(byte in outside for part in parts for byte in literal_of(part)):
        return None
    stops = [literal_of(after)[:1] for after in (*parts[1:], Text(""))]
    return b"".join(
        b"([^" + re.escape(outside + stop) + b"]*+)" if isinstance(part, Name) else re.escape(literal_of(part))
        for part, stop in zip(parts, stops, strict=True)
    )
