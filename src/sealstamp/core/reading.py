"""Writes ``present``: how a request's fields are found, strictly, and its time checked.

What is absent raises KeyError, the way that costs least where everything is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sealstamp.core import runtime
from sealstamp.core.chosenlists import ListCheck
from sealstamp.core.codegen import Namespace, function
from sealstamp.core.places import Where, other_spellings
from sealstamp.core.request import Request
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    EXPIRES,
    LIFETIME,
    NONCE,
    TIMESTAMP,
    Carrier,
    Chosen,
    Field,
    Packed,
    Scheme,
)
from sealstamp.core.timing import MAX_DIGITS, NEVER_MS, TimeFormat
from sealstamp.core.unpacking import make_reader


def write_present(scheme: Scheme, namespace: Namespace) -> str:
    """Write ``present``: find every carrier, refuse doubles and other spellings, check the time."""
    constant = namespace.constant
    raw = _variables(scheme)
    checked_later = any(chosen.must_name_all for chosen in scheme.chosen.values())
    lines = _find_carriers(scheme, raw, constant) + _refuse_doubles(scheme, constant)
    lines += [] if checked_later else _refuse_spellings(scheme, constant)
    values: dict[str, str] = {}
    for carrier, variable in raw.items():
        lines += _unpack(carrier, variable, values, constant)
    lines += _check_time(scheme, values, constant)
    lines += _check_accepted(scheme, values, constant)
    for name, chosen in scheme.chosen.items():
        lines += _check_chosen(scheme, chosen, values[name], constant)
    for name, field in scheme.digest_fields.items():
        if field.instead and not field.instead_allowed:
            constants = constant(frozenset(word.encode() for word in field.instead))
            lines += [f"if {values[name]} in {constants}:", f"    refuse_unsigned({values[name]})"]
    if scheme.nonce is not None and scheme.nonce.grows:
        lines.append(f"check_counter({values[NONCE]})")
    elif NONCE in values:
        least = -1 if NONCE in scheme.may_lack else 0
        lines.append(
            f"if not {least} < len({values[NONCE]}) <= {runtime.MAX_NONCE} or not is_visible({values[NONCE]}):"
        )
        lines.append("    malformed_nonce()")
    head = [values.get(ACCESS_KEY_ID, "b''"), "t" if scheme.time else "None", values.get(NONCE, "b''")]
    lines.append(f"return ({', '.join([*head, *(values[name] for name in scheme.carried)])},)")
    return function("present", "request, now_ms", lines)


def make_finder(scheme: Scheme) -> Callable[[Request], tuple[bytes, ...]]:
    """Return what finds the raw text of every carrier, in order, for schemes whose code reads them.

    What is optional and absent is empty. What it returns raises MissingCredentialsError and MalformedCredentialsError.
    """
    namespace, raw = Namespace(), _variables(scheme)
    lines = _find_carriers(scheme, raw, namespace.constant) + _refuse_doubles(scheme, namespace.constant)
    lines += [*_refuse_spellings(scheme, namespace.constant), f"return ({', '.join(raw.values())},)"]
    code = compile(function("find", "request", lines), f"<fields of scheme {scheme.name}>", "exec")
    exec(code, namespace.values)  # noqa: S102  # generated here, as the compiler's text is
    find: Callable[[Request], tuple[bytes, ...]] = namespace.values["find"]
    return find


def _variables(scheme: Scheme) -> dict[Carrier, str]:
    return {carrier: f"r{index}" for index, carrier in enumerate(scheme.carriers)}


def _find_carriers(scheme: Scheme, raw: Mapping[Carrier, str], constant: Callable[[Any], str]) -> list[str]:
    lines = [*_find_sources(scheme), "try:"]
    for carrier, variable in raw.items():
        lines += [f"    {line}" for line in _find_carrier(carrier, variable, constant)]
    return [*lines, "except KeyError:", f"    missing({constant(scheme.carriers)}, request)"]


_SOURCES: Final = {
    Where.HEADER: ("h", "h, dh = request.header_fields"),
    Where.QUERY: ("q", "q, dq = request.query_fields"),
    Where.FORM: ("f", "f, df = request.form_fields"),
    Where.JSON: ("j", "j, dj = request.json_fields"),
    Where.XML: ("x", "x, dx = request.xml_fields"),
}


def _places(scheme: Scheme, where: Where) -> list[bytes]:
    return [place.key for carrier in scheme.carriers for place in carrier.places if place.where is where]


def _find_sources(scheme: Scheme) -> list[str]:
    return [statement for where, (_, statement) in _SOURCES.items() if _places(scheme, where)]


def _find_carrier(carrier: Carrier, variable: str, constant: Callable[[Any], str]) -> list[str]:
    """Write the finding of one carrier; what is absent raises KeyError, the way that costs least if it is there."""
    places = [(_SOURCES[place.where][0], constant(place.key)) for place in carrier.places]
    (source, key), *aliases = places
    usual = f"{variable} = {source}.get({key}, b'')" if carrier.optional else f"{variable} = {source}[{key}]"
    if not aliases:
        return [usual]
    if isinstance(carrier, Field) and carrier.first:
        *before, (source, key) = places
        last = f"{source}.get({key}, b'')" if carrier.optional else f"{source}[{key}]"
        return [f"{variable} = {''.join(f'{s}[{k}] if {k} in {s} else ' for s, k in before)}{last}"]
    seen = " or ".join(f"{key} in {source}" for source, key in aliases)
    several = ", ".join(f"({source}, {key})" for source, key in places)
    return [
        f"if {seen}:",
        f"    {variable} = one_of(({several}), {constant(carrier.name)})",
        "else:",
        f"    {usual}",
    ]


def _refuse_doubles(scheme: Scheme, constant: Callable[[Any], str]) -> list[str]:
    lines = []
    for where, (source, _) in _SOURCES.items():
        if keys := frozenset(_places(scheme, where)):
            lines += [f"if d{source}:", f"    refuse_doubles(d{source}, {constant(keys)})"]
    return lines


def _spellings(scheme: Scheme) -> frozenset[bytes]:
    """Return the names of headers that some servers would take for those of the scheme."""
    headers = frozenset(_places(scheme, Where.HEADER))
    return frozenset[bytes]().union(*map(other_spellings, headers)) - headers


def _refuse_spellings(scheme: Scheme, constant: Callable[[Any], str]) -> list[str]:
    if not (spellings := _spellings(scheme)):
        return []
    return [f"if not {constant(spellings)}.isdisjoint(h):", f"    refuse_spelling(h, {constant(spellings)})"]


def _unpack(carrier: Carrier, variable: str, values: dict[str, str], constant: Callable[[Any], str]) -> list[str]:
    """Give every carried name its variable; a packed text is read apart."""
    if isinstance(carrier, Packed):
        found = [f"{variable}_{index}" for index in range(len(carrier.carried))]
        values.update(zip(carrier.carried, found, strict=True))
        return [f"({', '.join(found)},) = {constant(make_reader(carrier))}({variable})"]
    values[carrier.name] = variable
    return [f"{variable} = {variable}.lower()"] if carrier.any_case else []


def _check_accepted(scheme: Scheme, values: dict[str, str], constant: Callable[[Any], str]) -> list[str]:
    """A parameter that travels as one of some values comes as one of them; absent, if it need not come, it is empty."""
    lines = []
    for name in (name for name in scheme.carried if name in scheme.accepted):
        absent = {""} if name in scheme.may_lack else set()
        accepted = frozenset(word.encode() for word in absent.union(scheme.accepted[name]))
        lines += [f"if {values[name]} not in {constant(accepted)}:", f"    not_accepted({constant(name)})"]
    return lines


def _check_chosen(scheme: Scheme, chosen: Chosen, variable: str, constant: Callable[[Any], str]) -> list[str]:
    usual = [f"{variable} = {variable} or {constant(chosen.default.encode())}"] if chosen.default else []
    lower = [f"{variable} = {variable}.lower()"] if chosen.any_case else []
    return [*usual, *lower, f"{constant(ListCheck(chosen, _spellings(scheme)).check)}({variable}, request)"]


def _check_time(scheme: Scheme, values: Mapping[str, str], constant: Callable[[Any], str]) -> list[str]:
    """Write the reading of the time into ``t``; of a request that says when it ends, the time and that end."""
    rule = scheme.time
    if rule is None:
        return []
    if rule.most_ms is None:
        lines = _read(rule.format, values.get(TIMESTAMP, "b''"), "t", constant)
        lines += [f"if not {-rule.future_ms} <= now_ms - t <= {rule.past_ms}:", "    outside(t, now_ms)"]
        if EXPIRES in values:
            expiry = [*_read(rule.format, values[EXPIRES], "e", constant), "check_unexpired(e, now_ms)"]
            lines += [f"if {values[EXPIRES]}:", *(f"    {line}" for line in expiry)]
        if TIMESTAMP not in scheme.may_lack:
            return lines
        return [f"if {values[TIMESTAMP]}:", *(f"    {line}" for line in lines), "else:", "    t = None"]
    travelling = [(values[name], variable) for name, variable in _TIMES if name in values]
    lines = [line for text, variable in travelling for line in _read(rule.format, text, variable, constant)]
    if LIFETIME in values:
        past_ms = rule.past_ms if LIFETIME in scheme.may_lack else None
        bounds = f"{rule.unit_ms}, {rule.most_ms}, {past_ms}, {rule.future_ms}"
        return [*lines, f"t = (t, end_of_lifetime(t, {values[LIFETIME]}, {bounds}, now_ms))"]
    made, begin = ("t", "t") if TIMESTAMP in values else (str(NEVER_MS), "now_ms")
    return [*lines, f"t = ({made}, end_by_expiry({begin}, e, {rule.most_ms}, {rule.future_ms}, now_ms))"]


_TIMES: Final = ((TIMESTAMP, "t"), (EXPIRES, "e"))


def _read(form: TimeFormat, text: str, variable: str, constant: Callable[[Any], str]) -> list[str]:
    """Write the reading of one time, in Unix milliseconds."""
    if form.per_ms is None:
        return [f"{variable} = read_time({constant(form.read)}, {text})"]
    multiplier, divisor = form.per_ms
    scale = f" * {divisor}" * (divisor > 1) + f" // {multiplier}" * (multiplier > 1)
    return [
        f"if not {text}.isdigit() or len({text}) > {MAX_DIGITS}:",
        "    malformed_time()",
        f"{variable} = int({text}){scale}",
    ]
