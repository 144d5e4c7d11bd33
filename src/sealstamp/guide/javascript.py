"""Schemes as JavaScript, for tools whose requests pass through a script before they are sent.

A visitor over the syntax tree. Every value is bytes as the tool has them, behind a few functions that the tool's script
defines; what a script cannot do in a few lines, such as lists of parameters or packed headers, is refused, and
``sealstamp proxy`` does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.encoding import percent_encode
from sealstamp.core.places import Place, Where
from sealstamp.core.scheme import ACCESS_KEY_ID, EXPIRES, NONCE, SECRET, TIMESTAMP, Field, NonceRule, Scheme
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Join, Name, Part, Switch, Text
from sealstamp.errors import ConfigurationError

_HASHES: Final = ("md5", "sha1", "sha256", "sha384", "sha512")
_FILTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: f'hash("{name}", {{}})' for name in _HASHES},
        **{name: f"{name}({{}})" for name in ("hex", "base64", "unbase64")},
        "upper": "utf8(text({}).toUpperCase())",
        "lower": "utf8(text({}).toLowerCase())",
        "percent_decode": "utf8(decodeURIComponent(text({})))",
    }
)
_PARTS: Final[Mapping[Part, str]] = MappingProxyType(
    {
        Part.METHOD: "method",
        Part.SCHEME: "protocol",
        Part.AUTHORITY: "authority",
        Part.PATH: 'target.split("?")[0]',
        Part.QUERY: 'target.split("?").slice(1).join("?")',
        Part.TARGET: "target",
        Part.URL: 'protocol + "://" + authority + target',
        Part.BODY: "body",
    }
)
_TIMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unix-s": "String(Math.floor(now.getTime() / 1000))",
        "unix-ms": "String(now.getTime())",
        "unix-s-fraction": "(now.getTime() / 1000).toFixed(3)",
        "iso-8601": r'now.toISOString().replace(/\.\d+/, "")',
        "iso-8601-ms": "now.toISOString()",
        "iso-8601-basic": r'now.toISOString().replace(/[-:]|\.\d+/g, "")',
        "http-date": "now.toUTCString()",
    }
)
CRYPTO_JS: Final = """\
const utf8 = (written) => CryptoJS.enc.Utf8.parse(written);
const text = (bytes) => CryptoJS.enc.Utf8.stringify(bytes);
const cat = (...parts) => parts.reduce((all, part) => all.concat(part), CryptoJS.lib.WordArray.create());
const size = (bytes) => bytes.sigBytes;
const hash = (name, bytes) => CryptoJS[name.toUpperCase()](bytes);
const hmac = (name, bytes, key) => CryptoJS[`Hmac${name.toUpperCase()}`](bytes, key);
const hex = (bytes) => utf8(CryptoJS.enc.Hex.stringify(bytes));
const base64 = (bytes) => utf8(CryptoJS.enc.Base64.stringify(bytes));
const unbase64 = (bytes) => CryptoJS.enc.Base64.parse(text(bytes));
const random = () => CryptoJS.lib.WordArray.random(4).words[0] >>> 0;"""
"""The functions on bytes that the lines of ``write_signing`` call, on the word arrays of crypto-js."""
_JOIN: Final = (
    "const join = (between, parts) => cat(...parts.flatMap((part, at) => (at ? [utf8(between), part] : [part])));"
)


def write_head(scheme: Scheme, where: str, *more: str) -> str:
    """Return a first line that says what the script is and what it needs, and where; ``more`` is what else it needs."""
    named = [*more, ACCESS_KEY_ID] if scheme.names_key else [*more]
    return f"// Signs by the scheme {scheme.name}. Needs {', '.join([*named, SECRET, *scheme.extras])} as {where}."


def write_signing(scheme: Scheme) -> str:
    """Return the lines that compute every value and put it into ``headers`` and ``query``, lists of names and values.

    They read the texts ``method``, ``url`` and ``body``, and call ``secret``, from a name to a text, and functions on
    bytes: those that ``CRYPTO_JS`` defines, or others of the same names. ``random`` is of 32 bits.
    Raises ConfigurationError for a scheme that needs more than such lines.
    """
    lines = [
        _JOIN,
        r"const [, protocol, authority, rest] = url.match(/^(https?):\/\/([^\/?#]*)([^#]*)/i);",
        'const target = rest.startsWith("/") ? rest : "/" + rest;',
        "const now = new Date();",
        *_given(scheme),
        *(f"const ${name} = {_in_javascript(scheme, tree)};" for name, tree in scheme.definitions.items()),
        *_carried(scheme),
    ]
    return "\n".join(lines)


def _given(scheme: Scheme) -> Iterator[str]:
    """Yield the lines of what is known before anything is computed."""
    constants = [name for name in scheme.given if name in scheme.parameters]
    if scheme.code is not None or len(constants) != len(scheme.given) or EXPIRES in scheme.carried:
        raise _too_much(scheme, "lists that the signer chooses, digests of the body, expiry times, or code")
    for name in constants:
        yield f"const ${name} = utf8({json.dumps(scheme.parameters[name])});"
    yield f'const ${SECRET} = utf8(secret("{SECRET}"));'
    for name in (*([ACCESS_KEY_ID] if scheme.names_key else []), *scheme.extras):
        yield f'const ${name} = utf8(secret("{name}"));'
    if scheme.time is not None:
        written = _TIMES.get(scheme.time.format.name)
        if written is None:
            raise _too_much(scheme, f"times written as {scheme.time.format.name}")
        yield f"const ${TIMESTAMP} = utf8({written});"
    if scheme.nonce is not None:
        yield f"const ${NONCE} = utf8({_nonce(scheme.nonce)});"


def _nonce(rule: NonceRule) -> str:
    if rule.grows:
        return f'String(now.getTime()).padEnd({rule.make.length}, "0")'
    alphabet, length = json.dumps(rule.make.alphabet), rule.make.length
    dashes = '.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")' if rule.make.dashed else ""
    # 32 bits for each letter: what is left over when they are divided does not count among so many
    draw = f"{alphabet}[random() % {len(rule.make.alphabet)}]"
    return f'Array.from({{ length: {length} }}, () => {draw}).join(""){dashes}'


def _carried(scheme: Scheme) -> Iterator[str]:
    """Yield the lines that say what travels where."""
    yield "const headers = [];"
    yield "const query = [];"
    for carrier in scheme.carriers:
        if not isinstance(carrier, Field):
            raise _too_much(scheme, "several values in one header")
        place = carrier.places[0]
        if place.where not in (Where.HEADER, Where.QUERY):
            raise _too_much(scheme, "fields in the body")
        if carrier.name in scheme.omitted:
            continue
        held = "headers" if place.where is Where.HEADER else "query"
        if_any = f"if (size(${carrier.name})) " if carrier.name in scheme.may_lack else ""
        yield f"{if_any}{held}.push([{json.dumps(sent_name(place))}, text(${carrier.name})]);"


def sent_name(place: Place) -> str:
    """Return a name as it stands in a header or a URL: one from a stranger's scheme may have anything in it."""
    return percent_encode(place.name.encode()).decode() if place.where is Where.QUERY else place.name


def _in_javascript(scheme: Scheme, node: Expression) -> str:
    def inner(child: Expression) -> str:
        return _in_javascript(scheme, child)

    match node:
        case Text(value=value):
            return f"utf8({json.dumps(value)})"
        case Name(name=name):
            return f"${name}"
        case Atom(part=part) if part in _PARTS:
            return f"utf8({_PARTS[part]})"
        case Apply(filter="hmac", source=source, arguments=(Text(value=hash_name), key)) if hash_name in _HASHES:
            return f'hmac("{hash_name}", {inner(source)}, {inner(key)})'
        case Apply(filter=name, source=source, arguments=()) if name in _FILTERS:
            return _FILTERS[name].format(inner(source))
        case Concat(parts=parts):
            return f"cat({', '.join(map(inner, parts))})"
        case Join(separator=separator, parts=parts, skip_empty=skip_empty):
            kept = ".filter(size)" if skip_empty else ""
            return f"join({json.dumps(separator)}, [{', '.join(map(inner, parts))}]{kept})"
        case Switch(subject=subject, cases=cases, default=default) if default is not None:
            tests = "".join(f"text({inner(subject)}) === {json.dumps(text)} ? {inner(case)} : " for text, case in cases)
            return f"({tests}{inner(default)})"
        case _:
            told = getattr(node, "filter", None) or getattr(node, "part", None) or type(node).__name__.lower()
            raise _too_much(scheme, f"{told!s}")


def _too_much(scheme: Scheme, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"scheme {scheme.name}", f"a script cannot do it: {what}", "sealstamp proxy signs by every scheme, for any tool"
    )
