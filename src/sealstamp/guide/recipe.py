"""A scheme's recipe in words: what one would tell somebody who writes a client by hand.

A visitor over the syntax tree. It knows every kind of node, every part of a request and every filter; the tests compare
its tables with those of the core, so that nothing new goes untold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, assert_never

from sealstamp.core.loader import read_definitions
from sealstamp.core.record import Record
from sealstamp.core.scheme import (
    ACCESS_KEY_ID,
    EXPIRES,
    KEY_KIND,
    LIFETIME,
    NONCE,
    SECRET,
    SIGNATURE,
    STRING_TO_SIGN,
    TIMESTAMP,
    Scheme,
)
from sealstamp.core.tree import Apply, Atom, Concat, Cover, Expression, Join, Name, Part, Switch, Text


class Step(Record):
    """One definition in words. ``text`` says what it is; where it is put together from several, they are ``parts``."""

    name: str
    text: str
    parts: tuple[str, ...] = ()


PARTS: Final[Mapping[Part, str]] = MappingProxyType(
    {
        Part.METHOD: "the method",
        Part.SCHEME: "http or https",
        Part.AUTHORITY: "host and port",
        Part.HOST: "the host without its port",
        Part.PORT: "the port",
        Part.PATH: "the path",
        Part.QUERY: "the query as it stands",
        Part.TARGET: "path and query as they stand",
        Part.URL: "the whole URL",
        Part.BODY: "the body",
        Part.FORM: "the body as it stands, but for what is computed",
        Part.HEADERS: "all headers",
        Part.QUERY_FIELDS: "the query's parameters (decoded)",
        Part.FORM_FIELDS: "the form's fields (decoded)",
        Part.XML_FIELDS: "the XML body's elements",
        Part.PACKED_FIELDS: "the packed text's pairs (decoded)",
        Part.HEADER: "the header {}",
        Part.PARAMETER: "the query parameter {}",
    }
)
"""Each part of a request; the braces are where its name goes, if it needs one."""

_GIVEN: Final = {
    ACCESS_KEY_ID: "the access key id",
    TIMESTAMP: "the time",
    EXPIRES: "the expiry time",
    LIFETIME: "the lifetime",
    NONCE: "the nonce",
    SECRET: "the secret",
    KEY_KIND: "the kind of the key",
    STRING_TO_SIGN: "the string to sign",
    SIGNATURE: "the signature",
}
_MARKS: Final = {"\n": "a line feed", "\t": "a tab", "\r\n": "CR LF", " ": "a space", "": "nothing"}

_QUOTE: Final = '"'
_HEX: Final = "in lower-case hexadecimal"

Words = Callable[..., str]
"""From the source in words, and the arguments in words, to what the filter makes of them."""


def _digest(label: str) -> Words:
    return lambda source: f"the {label} digest of {_grouped(source)}"


def _hmac(source: str, hash_name: str, key: str) -> str:
    named = _grouped(key) if key.endswith(" key") else f"{_grouped(key)} as its key"
    return f"the HMAC-{hash_name.strip(_QUOTE).upper()} of {_grouped(source)} with {named}"


def _sign(source: str, algorithm: str, _key: str) -> str:
    return f"the {algorithm.strip(_QUOTE)} signature of {_grouped(source)} with the private key"


def _upper(source: str) -> str:
    return source.replace("lower-case", "upper-case") if source.endswith(_HEX) else f"{source}, in upper case"


def _after(words: str) -> Words:
    """Return what says the source, a comma, and then these words, with arguments in their braces."""
    return lambda source, *arguments: f"{source}, {words.format(*arguments, all=' or '.join(arguments))}"


def _percent_encode(source: str, kept: str = "") -> str:
    return f"{source}, percent-encoded" + (f" but for {kept}" if kept else "")


def _join(source: str, between: str, separator: str, end: str = "") -> str:
    tail = f" and {end} after the last" if end else ""
    return f"{source}, written as name and value with {between} between, and {separator} between fields{tail}"


FILTERS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "md5": _digest("MD5"),
        "sha1": _digest("SHA-1"),
        "sha256": _digest("SHA-256"),
        "sha384": _digest("SHA-384"),
        "sha512": _digest("SHA-512"),
        "sm3": _digest("SM3"),
        "hmac": _hmac,
        "sign": _sign,
        "hex": _after(_HEX),
        "base64": _after("in base64"),
        "base64url": _after("in URL-safe base64"),
        "upper": _upper,
        "lower": _after("in lower case"),
        "percent_encode": _percent_encode,
        "percent_decode": _after("percent-decoded"),
        "unbase64": _after("decoded from base64"),
        "unbase64url": _after("decoded from URL-safe base64"),
        "slice": lambda source, start, stop: f"bytes {start} to {stop} of {_grouped(source)}",
        "or": _after("or if that is empty {0}"),
        "after_if_any": lambda source, text: f"{text} and then {_grouped(source)}, unless that is empty",
        "without_prefix": _after("without {0} at its beginning"),
        "date": _after("written as {0}"),
        "media_type": _after("without parameters and in lower case"),
        "normalise_path": _after("dot segments resolved and doubled slashes made one"),
        "end_slash": _after("with a slash at its end"),
        "bucket_slash": _after("with a slash at its end if it is one segment"),
        "lower_names": _after("names in lower case"),
        "lower_values": _after("values in lower case"),
        "title_names": _after("names written as X-Some-Name"),
        "trim": _after("values trimmed"),
        "squeeze": _after("values trimmed and runs of white space made one space"),
        "nonempty": _after("without those that are empty"),
        "dedupe": _after("without doubles"),
        "merge": _after("values of one name joined by {0}"),
        "only": _after("those that {0} names and in that order"),
        "listed": _after("those that {0} names and in that order, with names as it writes them"),
        "match": _after("those whose names fit {all}"),
        "drop": _after("without those whose names fit {all}"),
        "encode_each": _after("names and values percent-encoded"),
        "escape_each": _after("with {0} in names and {1} in values percent-encoded"),
        "json_lists": _after("those called name[] as one called name, a JSON list of their values"),
        "sort": _after("sorted by name and then value"),
        "sort_names": _after("sorted by name alone"),
        "sort_written": _after("sorted as they are written with {0} between"),
        "add": _after("and one more field: {0} with the value {1}"),
        "plus": _after("then {0}"),
        "join": _join,
        "join_bare": lambda source, between, separator: (
            f"{source}, written as name and value with {between} between (the name alone if the value is empty), "
            f"and {separator} between fields"
        ),
        "names": _after("their names with {0} between"),
        "values": _after("their values with {0} between"),
    }
)
"""What each filter does, in words."""


def recipe_of(scheme: Scheme) -> tuple[Step, ...]:
    """Return every definition in words, in the order in which they are computed; parameters are called by name.

    What code computes is told in its own words.
    """
    steps = [_step(name, tree) for name, tree in read_definitions(scheme).items()]
    told = scheme.described.stages if scheme.described is not None else {}
    return (*steps, *(Step(name, words) for name, words in told.items() if name not in scheme.definitions))


def _step(name: str, tree: Expression) -> Step:
    match tree:
        case Join(separator=separator, parts=parts, skip_empty=skip_empty):
            return Step(name, _joined(separator, skip_empty=skip_empty), tuple(map(in_words, parts)))
        case Concat(parts=parts):
            separator, values = _separated(parts)
            return Step(name, _joined(separator, skip_empty=False), tuple(map(in_words, values)))
        case Switch(subject=subject, cases=cases, default=default):
            told = (f"if {in_words(subject)} is {_quoted(text)}: {in_words(value)}" for text, value in cases)
            other = "nothing; it is refused" if default is None else in_words(default)
            return Step(name, "one of these:", (*told, f"otherwise: {other}"))
        case _:
            return Step(name, in_words(tree))


def _joined(separator: str, *, skip_empty: bool) -> str:
    left_out = "; empty ones are left out" if skip_empty else ""
    return f"these, with {_quoted(separator)} between{left_out}:"


def _separated(parts: tuple[Expression, ...]) -> tuple[str, tuple[Expression, ...]]:
    """Return the text that stands between all parts, and the parts between which it stands."""
    marks, values = parts[1::2], parts[::2]
    if len(parts) > 2 and len(values) > len(marks) and isinstance(marks[0], Text) and len(set(marks)) == 1:
        return marks[0].value, values
    return "", parts


def in_words(node: Expression) -> str:
    """Return what an expression is, in one line of English."""
    match node:
        case Text(value=value):
            return _quoted(value)
        case Name(name=name):
            return _GIVEN.get(name) or f"the {name.replace('_', ' ')}"
        case Atom(part=part, argument=argument):
            return PARTS[part].format(argument)
        case Apply(filter=name, source=source, arguments=arguments):
            return FILTERS[name](in_words(source), *map(in_words, arguments))
        case Concat(parts=parts):
            return " then ".join(_grouped(in_words(part)) for part in parts)
        case Join(separator=separator, parts=parts, skip_empty=skip_empty):
            listed = ", ".join(_grouped(in_words(part)) for part in parts)
            return f"{listed}, with {_quoted(separator)} between" + (" what is not empty" if skip_empty else "")
        case Cover(names=listed, values=values, lines=lines):
            told = [f"{_quoted(name)} has the value {in_words(value)}" for name, value in values]
            told += [f"the line of {_quoted(name)} is {in_words(line)}" for name, line in lines]
            return "; ".join([f'a line "name: value" for each name in {in_words(listed)}', *told])
        case Switch(subject=subject, cases=cases, default=default):
            told = [f"{in_words(value)} if {in_words(subject)} is {_quoted(text)}" for text, value in cases]
            return ", ".join([*told, "else nothing" if default is None else f"else {in_words(default)}"])
        case _:
            assert_never(node)


def _grouped(words: str) -> str:
    """Put brackets around words that say more than one thing."""
    return f"({words})" if ", " in words or " then " in words else words


def _quoted(text: str) -> str:
    if text in _MARKS:
        return _MARKS[text]
    shown = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return shown if shown.isdigit() else f"{_QUOTE}{shown}{_QUOTE}"


def write_recipe(scheme: Scheme) -> tuple[str, ...]:
    """Return the recipe as lines of plain text."""
    lines: list[str] = []
    for step in recipe_of(scheme):
        lines.append(f"{step.name}: {step.text}")
        lines += [f"  - {part}" for part in step.parts]
    return tuple(lines)
