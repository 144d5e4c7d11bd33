"""Writing packed texts: several values, or pairs, as one text."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping

from sealstamp.core.encoding import percent_encode
from sealstamp.core.scheme import Packed
from sealstamp.core.templates import literal_of, parts_of
from sealstamp.core.tree import Expression, Name, names
from sealstamp.core.unpacking import Pairs, make_reader
from sealstamp.errors import MalformedCredentialsError, SigningError


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
    separator, encoded = packed.separator.encode(), frozenset(key.encode() for key in packed.encoded)
    quotes = {key.encode(): b'"' * packed.quotes(key) for key, _ in packed.pairs}

    def write(values: Mapping[str, bytes]) -> bytes:
        pairs = _pairs_of(packed, packed.pairs, values)
        written = [(key, percent_encode(value) if key in encoded else value) for key, value in pairs]
        return separator.join([key + b"=" + quotes[key] + value + quotes[key] for key, value in written])

    return write


def _fill(template: Expression, values: Mapping[str, bytes]) -> bytes:
    return b"".join(values[part.name] if isinstance(part, Name) else literal_of(part) for part in parts_of(template))
