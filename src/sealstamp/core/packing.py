"""Packed carriers, both ways: several values to one text, and one text back to its values."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sealstamp.core.encoding import percent_decode, percent_encode
from sealstamp.core.filters import unbase64
from sealstamp.core.places import Where
from sealstamp.core.scheme import Carrier, Packed
from sealstamp.core.tree import Concat, Expression, Name, Text, names
from sealstamp.errors import MalformedCredentialsError, SigningError

MAX_LENGTH: Final = 16_384
"""A packed text longer than this is refused."""
MAX_SEVERAL: Final = 16
"""More values than this in the place of one are refused."""

Values = tuple[bytes, ...]
Pairs = list[tuple[bytes, bytes]]
_Grammar = Callable[[bytes], Values | None]
_CREDENTIALS: Final = frozenset({b"authorization", b"proxy-authorization"})


def make_reader(packed: Packed) -> Callable[[bytes], Values]:
    """Return what reads the values of ``packed.carried`` from its text; it raises MalformedCredentialsError."""
    strip, read, usual = _prefix_reader(packed), _grammar(packed), _usual_writing(packed)
    decodes = bool(packed.encoded)

    def limited(text: bytes) -> Values:
        if usual and len(text) <= MAX_LENGTH and (match := usual(text)):
            return (*map(percent_decode, match.groups(b"")),) if decodes else match.groups(b"")
        rest = strip(text) if len(text) <= MAX_LENGTH else None
        values = None if rest is None else read(rest)
        if values is None:
            raise MalformedCredentialsError(f"{packed.name} is not written as the scheme says")
        return values

    return limited


def read_carrier(carrier: Carrier, text: bytes) -> Values:
    """Return the values in one carrier's text. Raises MalformedCredentialsError."""
    return make_reader(carrier)(text) if isinstance(carrier, Packed) else (text,)


def make_pair_lister(packed: Packed, without: frozenset[str]) -> Callable[[bytes], Pairs]:
    """Return what lists all pairs of a packed text, unknown ones too, their values decoded; of another text none.

    Those with a value of the names ``without`` are left out.
    """
    strip, split, usual = _prefix_reader(packed), _pair_splitter(packed.separator), _usual_writing(packed)
    known = {key.encode(): key in packed.encoded for key, _ in packed.pairs}
    left_out = {key.encode() for key, template in packed.pairs if not without.isdisjoint(names(template))}
    encoded = bool(packed.encoded)  # and so are those that nobody knows
    is_simple = usual is not None and all(isinstance(template, Name) for _, template in packed.pairs)

    def pairs(text: bytes) -> Pairs:
        text = text[:MAX_LENGTH]
        if is_simple and usual and (match := usual(text)):
            found = [(key, value) for key, value in zip(known, match.groups(), strict=True) if value is not None]
        else:
            found = split(strip(text) or b"") or []
        kept = [(key, value) for key, value in found if key not in left_out]
        return [(key, percent_decode(value) if known.get(key, encoded) else value) for key, value in kept]

    return pairs


def make_pair_maker(packed: Packed, without: frozenset[str]) -> Callable[[Mapping[str, bytes]], Pairs]:
    """Return what lists the same pairs before they are written, from values by name."""
    pairs = tuple((key, template) for key, template in packed.pairs if without.isdisjoint(names(template)))
    return lambda values: _pairs_of(packed, pairs, values)


def _pairs_of(packed: Packed, pairs: Iterable[tuple[str, Expression]], values: Mapping[str, bytes]) -> Pairs:
    """Return keys and values, without pairs that may lack and have nothing in them."""
    return [
        (key.encode(), _fill(template, values))
        for key, template in pairs
        if not packed.may_lack.issuperset(names(template)) or any(values[name] for name in names(template))
    ]


def make_signers_writer(packed: Packed) -> Callable[[Mapping[str, bytes]], bytes]:
    """Return what writes as ``make_writer`` does; it raises SigningError for a value that would not be read back."""
    write, read = make_writer(packed), make_reader(packed)

    def is_read_back(text: bytes, values: Mapping[str, bytes]) -> bool:
        try:
            return read(text) == tuple(values[name] for name in packed.carried)
        except MalformedCredentialsError:
            return False

    def write_readable(values: Mapping[str, bytes]) -> bytes:
        text = write(values)
        if is_read_back(text, values):
            return text
        plain = dict.fromkeys(packed.carried, b"x")
        alone = [{**plain, name: values[name]} for name in packed.carried]
        wrong = [name for name, each in zip(packed.carried, alone, strict=True) if not is_read_back(write(each), each)]
        problem = f"the value of {', '.join(wrong)} contains what would end it" if wrong else "it is too long"
        raise SigningError(f"{packed.name} could not be read back: {problem}")

    return write_readable


def make_writer(packed: Packed) -> Callable[[Mapping[str, bytes]], bytes]:
    """Return what writes the text of ``packed`` from values by name."""
    prefix, body = packed.prefix.encode(), _body_writer(packed)
    if packed.base64:
        return lambda values: prefix + b2a_base64(body(values), newline=False)
    return lambda values: prefix + body(values)


def _body_writer(packed: Packed) -> Callable[[Mapping[str, bytes]], bytes]:
    if packed.template is not None:
        template = packed.template
        return lambda values: _fill(template, values)
    quote, separator = b'"' if packed.quoted else b"", packed.separator.encode()
    encoded = frozenset(key.encode() for key in packed.encoded)

    def write(values: Mapping[str, bytes]) -> bytes:
        pairs = _pairs_of(packed, packed.pairs, values)
        written = [(key, percent_encode(value) if key in encoded else value) for key, value in pairs]
        return separator.join([key + b"=" + quote + value + quote for key, value in written])

    return write


def _parts(template: Expression) -> tuple[Expression, ...]:
    return template.parts if isinstance(template, Concat) else (template,)


def _fill(template: Expression, values: Mapping[str, bytes]) -> bytes:
    return b"".join(values[part.name] if isinstance(part, Name) else _literal(part) for part in _parts(template))


def _literal(part: Expression) -> bytes:
    return part.value.encode() if isinstance(part, Text) else b""


# reading


def _prefix_reader(packed: Packed) -> Callable[[bytes], bytes | None]:
    """Return what takes the prefix off, and base64 if there is any; None where the text begins otherwise."""
    grammar = re.compile(_opening(packed, packed.prefix.encode()))

    def strip(text: bytes) -> bytes | None:
        match = grammar.match(text)
        if match is None or not packed.base64:
            return text[match.end() :] if match else None
        return unbase64(text[match.end() :])

    return strip


def _opening(packed: Packed, text: bytes) -> bytes:
    """Return a pattern for the beginning of a text; an auth-scheme has no case (RFC 9110, section 11.1)."""
    word, space, rest = text.partition(b" ")
    if space and packed.place.where is Where.HEADER and packed.place.key in _CREDENTIALS:
        return b"(?i:" + re.escape(word) + b") " + re.escape(rest)
    return re.escape(text)


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
    parts = _parts(template)
    for part, after in zip(parts, (*parts[1:], Text("")), strict=True):
        stop = _literal(after)[:1]
        hole = b"([^" + re.escape(stop) + b"]*)" if stop else b"(.*)"
        literal = _opening(opening, _literal(part)) if opening and not pattern else re.escape(_literal(part))
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
        (key.encode(), key in packed.encoded, _template_reader(template), _absent(packed, template))
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


def _usual_writing(packed: Packed) -> Callable[[bytes], re.Match[bytes] | None] | None:
    """Return what matches pairs as clients mostly write them, all at once: in the scheme's order, each in one way.

    What it matches means what ``_pairs_reader`` reads in it, once decoded if any pair is encoded. None where the
    scheme's pairs are not so simple.
    """
    if not packed.pairs or packed.base64 or packed.several:
        return None
    mark = packed.separator.encode().strip() or packed.separator.encode()
    between = re.escape(mark) + rb"[ \t]*+" * bool(mark.strip())
    pattern = _opening(packed, packed.prefix.encode())
    for key, template in packed.pairs:
        decoded_alone = key in packed.encoded and isinstance(template, Name)
        outside = (b'"' if packed.quoted else b'" \t' + mark) + (b"" if decoded_alone else b"%")
        value = _usual_value(template, outside)
        if value is None or not {*key.encode()}.isdisjoint(b'=" \t' + mark):
            return None
        value = b'"' + value + b'"' if packed.quoted else value
        pair = re.escape(key.encode()) + b"=" + value + b"(?:" + between + rb"(?!\Z)|\Z)"
        pattern += pair if _absent(packed, template) is None else b"(?:" + pair + b")?"
    return re.compile(pattern).fullmatch


def _usual_value(template: Expression, outside: bytes) -> bytes | None:
    """Return a pattern for one pair's value without the bytes ``outside``; None if a literal has one of them."""
    parts = _parts(template)
    if any(byte in outside for part in parts for byte in _literal(part)):
        return None
    stops = [_literal(after)[:1] for after in (*parts[1:], Text(""))]
    return b"".join(
        b"([^" + re.escape(outside + stop) + b"]*+)" if isinstance(part, Name) else re.escape(_literal(part))
        for part, stop in zip(parts, stops, strict=True)
    )


def _absent(packed: Packed, template: Expression) -> Values | None:
    carried = tuple(names(template))
    return (b"",) * len(carried) if packed.may_lack.issuperset(carried) else None


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
