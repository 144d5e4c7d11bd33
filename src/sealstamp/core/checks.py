"""What a scheme must keep to, beyond its grammar: names, kinds, carriers that can be read back, the secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from sealstamp.core.branches import SIGN, Branch, MisplacedSignError, branches_of, signs, switches_by_kind
from sealstamp.core.document import Document
from sealstamp.core.exposure import Exposure, exposure_of, exposures_of
from sealstamp.core.filters import FILTERS, Argument, Filter, Kind
from sealstamp.core.packing import make_writer
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    EXPIRES,
    INPUTS,
    KEY_KIND,
    LIFETIME,
    NONCE,
    SECRET,
    SIGNATURE,
    STRING_TO_SIGN,
    TIMESTAMP,
    Carrier,
    Extra,
    Field,
    Packed,
    Scheme,
)
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import (
    Apply,
    Atom,
    Concat,
    Cover,
    Expression,
    Join,
    Name,
    Part,
    Switch,
    Text,
    children,
    names,
    walk,
)
from sealstamp.core.unpacking import make_reader
from sealstamp.errors import MalformedCredentialsError


def check_scheme(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError at the first thing that does not hold."""
    _check_depth(scheme, document)
    _check_carried(scheme, document)
    if scheme.definitions or scheme.code is None:
        _check_definitions(scheme, document)
        _check_kinds(scheme, document)
    _check_code(scheme, document)
    _check_carriers(scheme, document)
    _check_rules(scheme, document)
    if scheme.definitions:
        _check_pairs(scheme, document)
        _check_secret(scheme, document)


def _check_code(scheme: Scheme, document: Document) -> None:
    """Commands show these two stages of every scheme."""
    if scheme.described is not None and not {STRING_TO_SIGN, SIGNATURE} <= set(scheme.described.stages):
        hint = f"its describe() gives stages, {STRING_TO_SIGN!r} and {SIGNATURE!r} among them"
        document.fail(("code", "name"), "this code does not name its stages", hint)


# names


MAX_DEPTH = 50
"""Expressions nested deeper than this are refused: Python compiles no more than 200 open brackets."""


def _check_depth(scheme: Scheme, document: Document) -> None:
    for definition, expression in scheme.definitions.items():
        if _depth(expression) > MAX_DEPTH:
            document.fail(("sign", definition), f"{definition!r} is nested too deeply", "give parts of it names")


def _depth(node: Expression) -> int:
    return 1 + max(map(_depth, children(node)), default=0)


def _check_definitions(scheme: Scheme, document: Document) -> None:
    for required in (STRING_TO_SIGN, SIGNATURE):
        if required not in scheme.definitions:
            document.fail(("sign",), f"[sign] does not define {required!r}", f'{required} = "…"')
    given = {SECRET, KEY_KIND, *INPUTS, *scheme.parameters, *scheme.extras}
    known = set(given)
    for definition, expression in scheme.definitions.items():
        for name in names(expression):
            if name not in known:
                _refuse_name(scheme, document, definition, name, known)
        known.add(definition)
    used = {name for expression in scheme.definitions.values() for name in names(expression)}
    for name in sorted(used & INPUTS - set(scheme.carried) - {ACCESS_KEY_ID}):
        document.fail(("sign",), f"{name!r} is signed but does not travel", f'[fields] {name} = "header X-…"')


def _refuse_name(scheme: Scheme, document: Document, definition: str, name: str, known: set[str]) -> None:
    at = ("sign", definition)
    if name not in scheme.definitions:
        document.fail(at, f"there is no name {name!r}", did_you_mean(name, known))
    if definition in _reachable(scheme.definitions, name):
        document.fail(at, f"{definition!r} and {name!r} define each other in a circle", "break the circle")
    document.fail(at, f"{name!r} is used before it is defined", f"write {name!r} above {definition!r}")


def _reachable(definitions: Mapping[str, Expression], start: str) -> set[str]:
    """Return the names that ``start`` leads to, itself included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += names(definitions[name]) if name in definitions else ()
    return found


# kinds


def _check_kinds(scheme: Scheme, document: Document) -> None:
    kinds: dict[str, Kind] = {}
    for definition, expression in scheme.definitions.items():
        try:
            kinds[definition] = _kind(expression, kinds)
        except _KindError as error:
            document.fail(("sign", definition), error.problem, error.hint)
    for name in (*scheme.computed, *scheme.body_digests):
        if kinds[name] is Kind.DIGEST:
            document.fail(("sign", name), f"raw bytes would travel in {name!r}", "write them as text: {…|hex}")


class _KindError(Exception):
    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def _kind(node: Expression, known: Mapping[str, Kind]) -> Kind:
    match node:
        case Name(name=name):
            return known.get(name, Kind.TEXT)
        case Apply(filter=name, source=source):
            entry = FILTERS[name]
            _check_source(name, _kind(source, known), entry.takes)
            for index, argument in enumerate(node.arguments):
                _check_argument(entry, index, _kind(argument, known))
            return entry.gives
        case Atom(part=Part.HEADERS | Part.QUERY_FIELDS | Part.FORM_FIELDS | Part.XML_FIELDS | Part.PACKED_FIELDS):
            return Kind.FIELDS
        case Concat() | Join() | Switch() | Cover():
            inner = [_kind(child, known) for child in children(node)]
            if Kind.FIELDS in inner:
                raise _KindError("a list where text is needed", "write the list as text: {…|join:'=','&'}")
            return Kind.DIGEST if Kind.DIGEST in inner else Kind.TEXT
        case _:
            return Kind.TEXT


def _check_argument(entry: Filter, index: int, given: Kind) -> None:
    wants_list = entry.arguments[min(index, len(entry.arguments) - 1)] is Argument.FIELDS
    if wants_list is not (given is Kind.FIELDS):
        wanted = Kind.FIELDS.value if wants_list else "text"
        raise _KindError(f"{entry.name!r} takes {wanted} here, not {given.value}", f"{entry.name}: {entry.summary}")


def _check_source(filter_name: str, given: Kind, takes: frozenset[Kind]) -> None:
    if given in takes:
        return
    if Kind.FIELDS in takes:
        raise _KindError(
            f"{given.value} where a list is needed: {filter_name!r} takes fields",
            "lists are {headers}, {query_fields}, {form_fields}, {xml_fields} and {packed_fields}",
        )
    if given is Kind.FIELDS:
        raise _KindError(
            f"a list where text is needed: {filter_name!r} takes text", "write the list as text: {…|join:'=','&'}"
        )
    if given is Kind.TEXT:
        raise _KindError(
            f"text where a digest is needed: {filter_name!r} writes raw bytes as text",
            f"put a digest before it, such as sha256|{filter_name} or hmac:sha256,secret|{filter_name}",
        )
    raise _KindError(
        f"a digest where text is needed: {filter_name!r} does not take raw bytes",
        f"write the digest as text before it, such as hex|{filter_name}",
    )


# carriers


def _check_carried(scheme: Scheme, document: Document) -> None:
    known = {*INPUTS, SIGNATURE, *scheme.parameters, *scheme.definitions}  # a missing signature is told better below
    known.update(scheme.described.stages if scheme.described is not None else ())
    for carrier in scheme.carriers:
        for name in carrier.carried:
            if name in scheme.extras:
                hint = f'give what travels a name of its own: [sign] {name}_sent = "{{{name}}}"'
                document.fail(_position(carrier), f"{name!r} is a secret of the key", hint)
            if name not in known:
                document.fail(_position(carrier), f"nothing says what {name!r} is", did_you_mean(name, known))


def _check_carriers(scheme: Scheme, document: Document) -> None:
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


# rules


def _check_covers(scheme: Scheme, document: Document) -> None:
    """What a list covers is chosen by the signer; that the list demands enough is checked where it is read."""
    for definition, expression in scheme.definitions.items():
        for node in walk(expression):
            if isinstance(node, Cover) and not (isinstance(node.names, Name) and node.names.name in scheme.chosen):
                hint = "name the list alone, and say in [chosen.NAME] what must be in it"
                document.fail(("sign", definition), "'cover' takes a list that the signer chooses", hint)


def _check_rules(scheme: Scheme, document: Document) -> None:
    _check_covers(scheme, document)
    for name in scheme.chosen:
        if name not in scheme.definitions or name not in scheme.carried or name == SIGNATURE:
            document.fail(
                ("chosen", name),
                f"{name!r} cannot be chosen: it is not both defined and carried",
                f"define {name!r} in [sign], and let it travel",
            )
    times = [name for name in (TIMESTAMP, EXPIRES) if name in scheme.carried]
    if LIFETIME in scheme.carried and TIMESTAMP not in times:
        document.fail(("fields", LIFETIME), "a lifetime without a time says nothing", "let a 'timestamp' travel too")
    if TIMESTAMP in scheme.may_lack and scheme.time is not None and scheme.time.most_ms is not None:
        document.fail(("fields", TIMESTAMP), "a request that says its end must have its time", "let it be required")
    field = (times or [TIMESTAMP])[0]
    _check_pair(document, bool(times), scheme.time is not None, field, "time", 'past = "5 min"')
    _check_pair(document, NONCE in scheme.carried, scheme.nonce is not None, NONCE, "nonce", 'make = "hex 16"')
    if scheme.nonce and scheme.nonce.grows and (NONCE in scheme.may_lack or not scheme.names_key):
        problem = "a nonce that grows must always travel, and an access key id with it"
        document.fail(("nonce",), problem, "it is compared with the last one of its access key")
    if scheme.nonce and not scheme.nonce.grows and not scheme.time:
        document.fail(("nonce",), "a nonce without a time would have to be kept for ever", "let a timestamp travel too")


def _check_pair(document: Document, travels: bool, ruled: bool, field: str, section: str, example: str) -> None:
    """A field that travels needs its section, and a section its field."""
    if travels and not ruled:
        document.fail(
            ("fields", field), f"the window is missing: {field!r} travels without [{section}]", f"[{section}] {example}"
        )
    if ruled and not travels:
        document.fail((section,), f"[{section}] is there, but no {field!r} travels", f'[fields] {field} = "header X-…"')


# keys of pairs


def _check_pairs(scheme: Scheme, document: Document) -> None:
    """``sign`` ends a branch of the signature, and what it signs holds nothing of the key."""
    for name, expression in scheme.definitions.items():
        if name != SIGNATURE and signs(expression):
            problem = f"{SIGN!r} stands in {name!r}, and a verifier cannot compute what only the private key can"
            document.fail(("sign", name), problem, MisplacedSignError("").hint)
    try:
        branches = tuple(branches_of(scheme.definitions[SIGNATURE]))
    except MisplacedSignError as error:
        document.fail(("sign", SIGNATURE), error.problem, error.hint)
    _check_kind_decides(scheme, document)
    if any(branch.sign for branch in branches):
        _check_key_stays(scheme, document, branches)


def _check_kind_decides(scheme: Scheme, document: Document) -> None:
    """The kind of the key is asked for by a switch of the signature, whose every case is for the kind that it names."""
    asked = sum(name == KEY_KIND for tree in scheme.definitions.values() for name in names(tree))
    if asked > sum(1 for switch in switches_by_kind(scheme.definitions[SIGNATURE])):
        problem, hint = (
            f"{KEY_KIND!r} is what a switch of the signature goes by",
            'signature = { switch = "{key_kind}", … }',
        )
        document.fail(("sign",), problem, hint)


def _check_key_stays(scheme: Scheme, document: Document, branches: tuple[Branch, ...]) -> None:
    """Whoever verifies has another half of the pair than who signs, so that both can compute what is not from it."""
    exposures = exposures_of(scheme.definitions)
    mixed = any(branch.sign is None for branch in branches)
    signed = {name for branch in branches if branch.sign for name in names(branch.sign.source)}
    for name in (*scheme.definitions, SECRET):
        kept = name in signed or name == STRING_TO_SIGN or name in scheme.computed or (not mixed and name != SECRET)
        if name != SIGNATURE and kept and exposures[name] is not Exposure.NONE:
            problem = f"{name!r} depends on the secret, which is a key of a pair: who verifies has the other half"
            document.fail(("sign", name), problem, f"use the secret in {SIGN!r} alone")


# the secret


def _check_secret(scheme: Scheme, document: Document) -> None:
    for extra in scheme.keys.extras:
        _check_extra(scheme, document, extra)
    exposures = exposures_of(scheme.definitions)
    for name in scheme.computed:
        if exposures[name] is Exposure.PLAIN:
            document.fail(("sign", name), f"the secret itself would travel in {name!r}", "digest it: {…|sha256|hex}")
    for branch in branches_of(scheme.definitions[SIGNATURE]):
        if exposure_of(branch.expression, exposures) is Exposure.NONE:
            document.fail(
                ("sign", SIGNATURE),
                "anyone could make this signature",
                "let it depend on {secret} in every case, as in hmac:sha256,secret",
            )


def _check_extra(scheme: Scheme, document: Document, extra: Extra) -> None:
    """A further secret is used, and travels as it is only where the scheme says so, alone."""
    exposures, at = exposures_of(scheme.definitions, (extra.name,)), ("keys", "extras", extra.name)
    if all(exposures[name] is Exposure.NONE for name in scheme.definitions):
        document.fail(at, f"{extra.name!r} is not used", f"use it in [sign]: {{{extra.name}}}")
    for name in scheme.computed:
        alone = scheme.definitions[name] == Name(extra.name)
        if exposures[name] is Exposure.PLAIN and not (extra.shown and alone):
            hint = f"digest it: {{{extra.name}|hmac:sha256,secret|hex}}; or let it travel alone, and say shown = true"
            document.fail(("sign", name), f"{extra.name!r} itself would travel in {name!r}", hint)
