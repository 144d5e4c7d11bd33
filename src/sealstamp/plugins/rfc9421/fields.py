"""The value of a header field as a component (RFC 9421, section 2.1)."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError
from sealstamp.plugins.structured import (
    StructuredError,
    parse_dictionary,
    parse_item,
    parse_list,
    write_dictionary,
    write_item,
    write_list,
    write_member,
)

Getter = Callable[[Request], bytes]
"""From a request to a component's value. Raises MalformedCredentialsError where there is none."""

DICTIONARY: Final = "dictionary"
LIST: Final = "list"
ITEM: Final = "item"
TYPES: Final = frozenset({DICTIONARY, LIST, ITEM})
KNOWN_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(
        (
            *("accept-signature", "cdn-cache-control", "content-digest", "priority", "repr-digest", "signature"),
            *("signature-input", "want-content-digest", "want-repr-digest"),
        ),
        DICTIONARY,
    )
    | dict.fromkeys(("accept-ch", "cache-status", "client-cert-chain", "proxy-status"), LIST)
    | dict.fromkeys(("capsule-protocol", "client-cert"), ITEM)
)
"""The types that standards give fields; others an API can tell by the parameter ``structured``."""
_FOLD = re.compile(rb"[ \t]*+\r?\n[ \t]++")
"""A line folded in the obsolete way (RFC 9112, section 5.2)."""


def lines_of(request: Request, name: bytes) -> list[bytes]:
    """Return a field's lines in order, unfolded and trimmed. Raises MalformedCredentialsError if there are none."""
    values, doubled = request.header_fields
    if name not in values:
        raise MalformedCredentialsError(f"covered, and not in the request: {name.decode('ascii', 'backslashreplace')}")
    found = [value for key, value in request.headers if key == name] if name in doubled else [values[name]]
    return [_trimmed(value) for value in found]


def _trimmed(value: bytes) -> bytes:
    value = value.strip(b" \t")
    return _FOLD.sub(b" ", value) if b"\n" in value else value


def plain(name: bytes) -> Getter:
    """Return what reads all lines of a field, with a comma and a space between."""

    def get(request: Request) -> bytes:
        values, doubled = request.header_fields
        value = values.get(name)
        if value is None or name in doubled or b"\n" in value:
            return b", ".join(lines_of(request, name))
        return value.strip(b" \t")

    return get


def binary_wrapped(name: bytes) -> Getter:
    """Return what reads each line as a byte sequence, for fields whose lines must not be joined (section 2.1.3)."""

    def get(request: Request) -> bytes:
        return b", ".join(b":" + b2a_base64(line, newline=False) + b":" for line in lines_of(request, name))

    return get


def strict(name: bytes, kind: str) -> Getter:
    """Return what reads a structured field and writes it canonically (section 2.1.1)."""
    read = plain(name)

    def get(request: Request) -> bytes:
        try:
            return _rewritten(read(request), kind).encode()
        except StructuredError as error:
            raise MalformedCredentialsError(f"{name.decode()} is no structured {kind}: {error}") from None

    return get


def _rewritten(text: bytes, kind: str) -> str:
    if kind == DICTIONARY:
        return write_dictionary(parse_dictionary(text))
    return write_list(parse_list(text)) if kind == LIST else write_item(parse_item(text))


def dictionary_member(name: bytes, key: str) -> Getter:
    """Return what reads one member of a dictionary (section 2.1.2)."""
    read = plain(name)

    def get(request: Request) -> bytes:
        try:
            return write_member(parse_dictionary(read(request))[key]).encode()
        except StructuredError as error:
            raise MalformedCredentialsError(f"{name.decode()} is no dictionary: {error}") from None
        except KeyError:
            raise MalformedCredentialsError(f"{name.decode()} has no member {key!r}") from None

    return get
