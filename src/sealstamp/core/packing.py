"""Packed carriers, both ways: several values to one text, and one text back to its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sealstamp.core.scheme import Carrier, Packed
from sealstamp.core.tree import Concat, Expression, Name, Text
from sealstamp.errors import MalformedCredentialsError

MAX_LENGTH: Final = 16_384
"""A packed text longer than this is refused."""

Reader = Callable[[bytes], tuple[bytes, ...]]
Writer = Callable[[Mapping[str, bytes]], bytes]


def make_reader(packed: Packed) -> Reader:
    """Return what reads the values of ``packed.carried`` from its text; it raises MalformedCredentialsError."""
    read = _template_reader(packed.template) if packed.template is not None else _pairs_reader(packed)

    def limited(text: bytes) -> tuple[bytes, ...]:
        values = read(text) if len(text) <= MAX_LENGTH else None
        if values is None:
            raise MalformedCredentialsError(f"{packed.name} is not written as the scheme says")
        return values

    return limited


def read_carrier(carrier: Carrier, text: bytes) -> tuple[bytes, ...]:
    """Return the values in one carrier's text. Raises MalformedCredentialsError."""
    return make_reader(carrier)(text) if isinstance(carrier, Packed) else (text,)


def make_writer(packed: Packed) -> Writer:
    """Return what writes the text of ``packed`` from values by name."""
    if packed.template is not None:
        template = packed.template
        return lambda values: _fill(template, values)
    quote = b'"' if packed.quoted else b""

    def write(values: Mapping[str, bytes]) -> bytes:
        pairs = [key.encode() + b"=" + quote + _fill(template, values) + quote for key, template in packed.pairs]
        return packed.prefix.encode() + packed.separator.encode().join(pairs)

    return write


def _parts(template: Expression) -> tuple[Expression, ...]:
    return template.parts if isinstance(template, Concat) else (template,)


def _fill(template: Expression, values: Mapping[str, bytes]) -> bytes:
    return b"".join(values[part.name] if isinstance(part, Name) else _literal(part) for part in _parts(template))


def _literal(part: Expression) -> bytes:
    return part.value.encode() if isinstance(part, Text) else b""


def _template_reader(template: Expression) -> Callable[[bytes], tuple[bytes, ...] | None]:
    """A name's value ends where the literal after it begins, so it cannot contain that literal's first byte."""
    pattern = b""
    parts = _parts(template)
    for part, after in zip(parts, (*parts[1:], Text("")), strict=True):
        stop = _literal(after)[:1]
        hole = b"([^" + re.escape(stop) + b"]*)" if stop else b"(.*)"
        pattern += hole if isinstance(part, Name) else re.escape(_literal(part))
    grammar = re.compile(pattern, re.DOTALL)

    def read(text: bytes) -> tuple[bytes, ...] | None:
        match = grammar.fullmatch(text)
        return match.groups() if match else None

    return read


def _pairs_reader(packed: Packed) -> Callable[[bytes], tuple[bytes, ...] | None]:
    """Pairs come in any order, with spaces around separators; unknown ones are left alone, doubled ones are not."""
    prefix, separator = packed.prefix.encode(), packed.separator.encode().strip() or packed.separator.encode()
    readers = [(key.encode(), _template_reader(template)) for key, template in packed.pairs]

    def read(text: bytes) -> tuple[bytes, ...] | None:
        if not text.startswith(prefix):
            return None
        pieces = [piece.strip().partition(b"=") for piece in text[len(prefix) :].split(separator)]
        pairs = {key: _unquote(value) for key, _, value in pieces}
        if len(pairs) != len(pieces):
            return None
        values = [reader(pairs[key]) if key in pairs else None for key, reader in readers]
        return tuple(value for group in values if group is not None for value in group) if None not in values else None

    return read


def _unquote(value: bytes) -> bytes:
    return value[1:-1] if len(value) >= 2 and value[:1] == value[-1:] == b'"' else value
