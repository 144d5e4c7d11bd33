"""Writing structured fields (RFC 9651, section 4.1): what is equal is written alike."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from sealstamp.plugins.structured.reading import StructuredError
from sealstamp.plugins.structured.values import Bare, Date, DisplayString, InnerList, Item, Member, Token

_PLAIN = re.compile(r"[ -~]*")
_MAX_INTEGER = 10**15 - 1
_THOUSANDTH = Decimal("0.001")
_SAFE = frozenset(b" !#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~")


def write_dictionary(members: Mapping[str, Member]) -> str:
    """Write a dictionary; a member that is true is its key alone."""
    return ", ".join(
        key + (write_parameters(member.parameters) if _is_true(member) else f"={write_member(member)}")
        for key, member in members.items()
    )


def write_list(members: Iterable[Member]) -> str:
    """Write a list."""
    return ", ".join(map(write_member, members))


def write_member(member: Member) -> str:
    """Write an item or an inner list. Raises StructuredError for a value that cannot be written."""
    return write_inner_list(member) if isinstance(member, InnerList) else write_item(member)


def write_inner_list(inner: InnerList) -> str:
    """Write an inner list."""
    return f"({' '.join(map(write_item, inner.items))}){write_parameters(inner.parameters)}"


def write_item(item: Item) -> str:
    """Write an item."""
    return write_bare(item.value) + write_parameters(item.parameters)


def write_parameters(parameters: Mapping[str, Bare]) -> str:
    """Write parameters, each with its semicolon; one that is true is its key alone."""
    return "".join(f";{key}" if value is True else f";{key}={write_bare(value)}" for key, value in parameters.items())


def write_bare(value: Bare) -> str:
    """Write a value without parameters. Raises StructuredError for one that cannot be written."""
    match value:
        case bool():
            return "?1" if value else "?0"
        case int():
            return _integer(value)
        case Decimal():
            return _decimal(value)
        case bytes():
            return f":{b2a_base64(value, newline=False).decode()}:"
        case Token():
            return str(value)
        case DisplayString():
            return f'%"{_percent(value)}"'
        case str():
            return _string(value)


def _is_true(member: Member) -> bool:
    return isinstance(member, Item) and member.value is True


def _integer(value: int) -> str:
    if abs(value) > _MAX_INTEGER:
        raise StructuredError("an integer of more than 15 digits")
    return f"@{int(value)}" if isinstance(value, Date) else str(value)


def _decimal(value: Decimal) -> str:
    rounded = value.quantize(_THOUSANDTH, ROUND_HALF_EVEN)
    if abs(rounded) >= 10**12:
        raise StructuredError("a decimal of more than 12 digits before its point")
    whole, _, fraction = f"{rounded:f}".partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def _string(value: str) -> str:
    if not _PLAIN.fullmatch(value):
        raise StructuredError("a string with characters other than visible ASCII and spaces")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _percent(value: str) -> str:
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02x}" for byte in value.encode())
