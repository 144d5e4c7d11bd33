"""What travels can be read back, and nothing stands in two places."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from sealstamp.core.document import Document
from sealstamp.core.packing import make_writer
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.scheme import (
    EXPIRES,
    INPUTS,
    NONCE,
    SIGNATURE,
    TIMESTAMP,
    Carrier,
    Field,
    Packed,
    Scheme,
)
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import (
    Apply,
    Atom,
    Concat,
    Expression,
    Name,
    Part,
    Switch,
    Text,
    names,
    walk,
)
from sealstamp.core.unpacking import make_reader
from sealstamp.errors import MalformedCredentialsError


def check_carried(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for what travels and is nothing."""
    known = {*INPUTS, SIGNATURE, *scheme.parameters, *scheme.definitions}  # a missing signature is told better below
    known.update(scheme.described.stages if scheme.described is not None else ())
    for carrier in scheme.carriers:
        for name in carrier.carried:
            if name in scheme.extras:
                hint = f'give what travels a name of its own: [sign] {name}_sent = "{{{name}}}"'
                document.fail(_position(carrier), f"{name!r} is a secret of the key", hint)
            if name not in known:
                document.fail(_position(carrier), f"nothing says what {name!r} is", did_you_mean(name, known))


def check_carriers(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for carriers that cannot be read back."""
    for name, times in Counter(scheme.carried).items():
        if times > 1:
            document.fail(("fields", name), f"{name!r} is carried twice", "a value travels in one place, or in aliases")
    for carrier in scheme.carriers:
        if isinstance(carrier, Packed):
            _check_packed(carrier, document)
        _check_absent(carrier, scheme, document)
        if isinstance(carrier, Field) and scheme.code is None:
            _check_field(carrier, scheme, document)
    _check_places(scheme, document)
    _check_reading(scheme, document)
    _check_listed_pairs(scheme, document)
    if SIGNATURE not in scheme.carried:
        document.fail(("fields",), "the signature does not travel", 'signature = "header X-Signature"')


def _check_field(field: Field, scheme: Scheme, document: Document) -> None:
    if (field.computed_if_absent or field.instead) and field.name not in scheme.body_digests:
        hint = "only a digest of the body can be: its definition is like {body|sha256|hex}"
        document.fail(_position(field), f"{field.name!r} cannot be computed, or have something instead", hint)
    if field.any_case and not _is_hex(Name(field.name), scheme):
        hint = "leave any_case out, or write the value with hex"
        document.fail(_position(field), f"letter case matters in {field.name!r}", hint)


def _check_absent(carrier: Carrier, scheme: Scheme, document: Document) -> None:
    known = {TIMESTAMP, NONCE, *scheme.parameters, *scheme.definitions} - {SIGNATURE}
    known |= {EXPIRES} & ({EXPIRES} if TIMESTAMP in set(scheme.carried) - scheme.may_lack else set())
    for name in carrier.may_lack:
        if scheme.code is None and name not in known:
            hint = (
                "a parameter, the timestamp, the nonce or a digest of the body may be left out, or another definition"
            )
            document.fail(_position(carrier), f"{name!r} cannot be optional", hint)


def _is_hex(node: Expression, scheme: Scheme) -> bool:
    """Tell whether a value certainly is hexadecimal digits, whose letters mean the same in either case."""
    match node:
        case Name(name=name) if name in scheme.definitions:
            return _is_hex(scheme.definitions[name], scheme)
        case Apply(filter="hex"):
            return True
        case Apply(filter="upper" | "lower", source=source):
            return _is_hex(source, scheme)
        case Switch(cases=cases, default=default):
            values = (*(value for _, value in cases), default)
            return all(_is_hex(value, scheme) for value in values if value is not None)
        case _:
            return False


def _position(carrier: Carrier) -> tuple[str, ...]:
    return ("packed", carrier.name) if isinstance(carrier, Packed) else ("fields", carrier.name)


def _check_places(scheme: Scheme, document: Document) -> None:
    taken: dict[tuple[Where, bytes], str] = {}
    for carrier in scheme.carriers:
        for place in carrier.places:
            if other := taken.get((place.where, place.key)):
                document.fail(
                    _position(carrier), f"{place} carries both {other!r} and {carrier.name!r}", "use another name"
                )
            taken[place.where, place.key] = carrier.name
    bodies = {place.where for carrier in scheme.carriers for place in carrier.places} & IN_BODY
    if len(bodies) > 1:
        document.fail(
            ("fields",), "a body cannot be a form and JSON at once, or XML", "carry all body fields as one of them"
        )


def _check_reading(scheme: Scheme, document: Document) -> None:
    """What is computed is not in the request yet when a signer reads it, and there when a verifier does."""
    computed = set(scheme.computed)
    carriers = [carrier for carrier in scheme.carriers if computed.intersection(carrier.carried)]
    taken = {(place.where, place.key) for carrier in carriers for place in carrier.places}
    for definition, expression in scheme.definitions.items():
        for node in walk(expression):
            if isinstance(node, Atom) and not taken.isdisjoint(_read_by(node, taken)):
                hint = "name the definition itself, or let what is computed travel elsewhere"
                document.fail(("sign", definition), "it reads what is only computed from it", hint)


def _check_listed_pairs(scheme: Scheme, document: Document) -> None:
    """A list of pairs is of one text: of two, nobody would know which is meant."""
    texts = [carrier for carrier in scheme.carriers if isinstance(carrier, Packed) and carrier.pairs]
    for definition, expression in scheme.definitions.items():
        lists = any(isinstance(node, Atom) and node.part is Part.PACKED_FIELDS for node in walk(expression))
        if lists and len(texts) != 1:
            problem = f"{{{Part.PACKED_FIELDS}}} lists the pairs of a packed text, and there are {len(texts)} of them"
            document.fail(("sign", definition), problem, '[packed."header Authorization"] with pairs = { … }')


def _read_by(node: Atom, taken: set[tuple[Where, bytes]]) -> set[tuple[Where, bytes]]:
    """Return where ``node`` looks; the whole query is read without what is computed, so it is not among them."""
    match node.part:
        case Part.HEADER:
            return {(Where.HEADER, node.argument.lower().encode())}
        case Part.PARAMETER:
            return {(Where.QUERY, node.argument.encode())}
        case Part.BODY:
            return {place for place in taken if place[0] in IN_BODY}
        case _:
            return set()


def _check_packed(packed: Packed, document: Document) -> None:
    if not packed.carried:
        document.fail(_position(packed), "nothing travels in it", 'text = "ID {access_key_id}:{signature}"')
    if packed.template is None and not packed.pairs:
        return  # the scheme's code reads and writes it
    templates = [packed.template] if packed.template is not None else [value for _, value in packed.pairs]
    for template in templates:
        if problem := _unreadable(template):
            document.fail(
                _position(packed), f"this text cannot be read back: {problem}", "put a separator between names"
            )

    if packed.several and (SIGNATURE,) not in (tuple(names(template)) for template in templates):
        hint = 'several = true is for a text, or a pair, that is the signature alone: text = "v1,{signature}"'
        document.fail(_position(packed), "it is not the signature alone that may come several times", hint)

    # Keys, quotes and separators can clash in more ways than are worth telling apart: write, and see what is read.
    sample = {name: b"\x01" * length for length, name in enumerate(packed.carried, 1)}
    try:
        values = make_reader(packed)(make_writer(packed)(sample))
    except MalformedCredentialsError:
        values = ()
    if values != tuple(sample.values()) or (packed.pairs and "=" in packed.separator):
        document.fail(
            _position(packed), "this text cannot be read back", "keep separators, quotes and = out of its parts"
        )


def _unreadable(template: Expression) -> str | None:
    """Say why values cannot be found again in a written template, or None."""
    parts = template.parts if isinstance(template, Concat) else (template,)
    if Text("") in parts or not all(isinstance(part, Text | Name) for part in parts):
        return "only plain names may stand in it; define a name for anything more"
    for left, right in pairwise(parts):
        if isinstance(left, Name) and isinstance(right, Name):
            return f"{left.name!r} and {right.name!r} touch"
    return None
