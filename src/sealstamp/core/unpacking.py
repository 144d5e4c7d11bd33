"""Reading packed texts: the values in one text. What is read is what was written, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from sealstamp.core.encoding import percent_decode
from sealstamp.core.familiar import MAX_LENGTH, Values, familiar_reader
from sealstamp.core.filters import unbase64
from sealstamp.core.scheme import Carrier, Packed
from sealstamp.core.templates import absent_of, literal_of, opening_of, parts_of
from sealstamp.core.tree import Expression, Name, Text, names
from sealstamp.errors import MalformedCredentialsError

MAX_SEVERAL: Final = 16
"""More values than this in the place of one are refused."""

Pairs = list[tuple[bytes, bytes]]
_Grammar = Callable[[bytes], Values | None]


def make_reader(packed: Packed) -> Callable[[bytes], Values]:
    """Return what reads the values of ``packed.carried`` from its text; it raises MalformedCredentialsError."""
    strip, grammar = _prefix_reader(packed), _grammar(packed)

    def read(text: bytes) -> Values:
        rest = strip(text) if len(text) <= MAX_LENGTH else None
        values = None if rest is None else grammar(rest)
        if values is None:
            raise MalformedCredentialsError(f"{packed.name} is not written as the scheme says")
        return values

    return familiar_reader(packed, read)


def read_carrier(carrier: Carrier, text: bytes) -> Values:
    """Return the values in one carrier's text. Raises MalformedCredentialsError."""
    return make_reader(carrier)(text) if isinstance(carrier, Packed) else (text,)


def make_pair_lister(packed: Packed, without: frozenset[str]) -> Callable[[bytes], Pairs]:
    """Return what lists all pairs of a packed text, unknown ones too, their values decoded; of another text none.

    Those with a value of the names ``without`` are left out.
    """
    strip, split = _prefix_reader(packed), _pair_splitter(packed.separator)
    known = {key.encode(): key in packed.encoded for key, _ in packed.pairs}
    left_out = {key.encode() for key, template in packed.pairs if not without.isdisjoint(names(template))}
    encoded = bool(packed.encoded)  # and so are those that nobody knows

    def pairs(text: bytes) -> Pairs:
        found = split(strip(text[:MAX_LENGTH]) or b"") or []
        kept = [(key, value) for key, value in found if key not in left_out]
        return [(key, percent_decode(value) if known.get(key, encoded) else value) for key, value in kept]

    return pairs


def _prefix_reader(packed: Packed) -> Callable[[bytes], bytes | None]:
    """Return what takes the prefix off, and base64 if there is any; None where the text begins otherwise."""
    grammar = re.compile(opening_of(packed, packed.prefix.encode()))

    def strip(text: bytes) -> bytes | None:
        match = grammar.match(text)
        if match is None or not packed.base64:
            return text[match.end() :] if match else None
        return unbase64(text[match.end() :])

    return strip


def _grammar(packed: Packed) -> _Grammar:
    if packed.template is None:
        return _pairs_reader(packed)
    opening = None if packed.prefix else packed
    read = _template_reader(packed.template, opening)
    return _list_reader(packed.separator, read) if packed.several else read


def _template_reader(template: Expression, opening: Packed | None = None) -> _Grammar:
    """A name's value ends where the literal after it begins, so it cannot contain that literal's first byte."""
    if isinstance(template, Name):
        return lambda text: (text,)
    pattern = b""
    parts = parts_of(template)
    for part, after in zip(parts, (*parts[1:], Text("")), strict=True):
        stop = literal_of(after)[:1]
        hole = b"([^" + re.escape(stop) + b"]*)" if stop else b"(.*)"
        literal = opening_of(opening, literal_of(part)) if opening and not pattern else re.escape(literal_of(part))
        pattern += hole if isinstance(part, Name) else literal
    grammar = re.compile(pattern, re.DOTALL)

    def read(text: bytes) -> Values | None:
        match = grammar.fullmatch(text)
        return match.groups() if match else None

    return read


def _list_reader(separator: str, read_item: _Grammar) -> _Grammar:
    """Items that are written otherwise are other versions' and left alone; one of the scheme's own must be there."""

    def read(text: bytes) -> Values | None:
        found = [values[0] for item in text.split(separator.encode()) if (values := read_item(item))]
        return (b" ".join(found),) if 0 < len(found) <= MAX_SEVERAL else None

    return read


def _pairs_reader(packed: Packed) -> _Grammar:
    """Pairs come in any order, each once; unknown ones are left alone. Where several are meant, these may be more."""
    split = _pair_splitter(packed.separator)
    several = b"".join(key.encode() for key, tree in packed.pairs if packed.several in names(tree))
    known = [
        (key.encode(), key in packed.encoded, _template_reader(template), absent_of(packed, template))
        for key, template in packed.pairs
    ]

    def read(text: bytes) -> Values | None:
        pairs = split(text)
        found = dict(pairs or ())
        if pairs is None or not (several or len(found) == len(pairs)):
            return None
        values: Values = ()
        for key, encoded, read_value, absent in known:
            if several and (came := [value for name, value in pairs if name == key])[1:]:
                part = _several(map(read_value, came)) if key == several else None
            elif key in found:
                part = read_value(percent_decode(found[key]) if encoded else found[key])
            else:
                part = absent
            if part is None:
                return None
            values += part
        return values

    return read


def _several(read: Iterable[Values | None]) -> Values | None:
    """Return the values that one key came with as one, or None where one of them is not what the scheme says."""
    values = [*read]
    return (b" ".join(value[0] for value in values if value),) if len(values) <= MAX_SEVERAL and all(values) else None


def _pair_splitter(separator: str) -> Callable[[bytes], Pairs | None]:
    """Return what splits ``a=1, b="2, 3"``, with white space around pairs; None where it is not pairs throughout.

    Nothing in the pattern gives back what it took (``*+``), so the time is linear whatever the text is.
    """
    mark = separator.encode().strip() or separator.encode()
    stop = re.escape(mark[:1])
    value = b'"([^"]*+)"[ \t]*+|([^"' + stop + b"]*+)"
    item, between = b'([^="' + stop + b"]++)=(?:" + value + b")", re.escape(mark)
    is_pairs = re.compile(b"(?:" + item + between + b")*+" + item).fullmatch
    find = re.compile(item + b"(?:" + between + rb"|\Z)").findall

    def split(text: bytes) -> Pairs | None:
        if not is_pairs(text):
            return None
        return [(key.strip(b" \t"), quoted or bare.strip(b" \t")) for key, quoted, bare in find(text)]

    return split
