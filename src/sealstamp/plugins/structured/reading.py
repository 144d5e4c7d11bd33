"""Parsing structured fields (RFC 9651, section 4.2): one pass, one regular expression for each kind of token.

No expression can go back over what it has read, so time is linear in the text, whatever bytes came.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sealstamp.plugins.structured.values import Bare, Date, Dictionary, DisplayString, InnerList, Item, Member, Token

MAX_LENGTH: Final = 65_536
"""A longer field is refused; servers take less."""
MAX_INTEGER_DIGITS: Final = 15
MAX_WHOLE_DIGITS: Final = 12
"""Of a decimal, before its point."""

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*+")
_NUMBER = re.compile(r"(-?)([0-9]++)(?:\.([0-9]*+))?+")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*+)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*+")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*+):")
_BOOLEAN = re.compile(r"\?([01])")
_DATE = re.compile(r"@(-?[0-9]{1,15}+)(?![0-9.])")
_DISPLAY = re.compile(r'%"((?:[ !#$&-~]|%[0-9a-f]{2})*+)"')
_ESCAPED = re.compile(r'\\(["\\])')
_PERCENT = re.compile(rb"%([0-9a-f]{2})")
_SPACES = re.compile(r" *+")
_OPTIONAL_SPACE = re.compile(r"[ \t]*+")


class StructuredError(ValueError):
    """The text is not the kind of structured field that it should be."""


def parse_dictionary(text: bytes, *, unique: bool = False) -> Dictionary:
    """Read a dictionary; of a key that comes twice the last value counts, unless it is to be ``unique``.

    Raises StructuredError.
    """
    reader = _Reader(text)
    found: Dictionary = {}

    def member() -> None:
        key = reader.key()
        if unique and key in found:
            raise StructuredError(f"the key {key} comes twice")
        found[key] = reader.member() if reader.take("=") else Item(value=True, parameters=reader.parameters())

    reader.separated(member)
    return found


def parse_list(text: bytes) -> list[Member]:
    """Read a list. Raises StructuredError."""
    reader = _Reader(text)
    found: list[Member] = []
    reader.separated(lambda: found.append(reader.member()))
    return found


def parse_item(text: bytes) -> Item:
    """Read an item. Raises StructuredError."""
    reader = _Reader(text)
    item = reader.item()
    reader.end()
    return item


class _Reader:
    def __init__(self, text: bytes) -> None:
        if len(text) > MAX_LENGTH:
            raise StructuredError("too long")
        try:
            self.text = text.decode("ascii").strip(" ")
        except UnicodeDecodeError:
            raise StructuredError("not ASCII") from None
        self.at = 0

    def take(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise StructuredError(f"no {what} at character {self.at}")
        self.at = found.end()
        return found

    def end(self) -> None:
        if self.at != len(self.text):
            raise StructuredError(f"something is left over at character {self.at}")

    def separated(self, member: Callable[[], None]) -> None:
        """Read members with commas between, until the end; none is no error, a comma at the end is."""
        if not self.text:
            return
        while True:
            member()
            self.match(_OPTIONAL_SPACE, "space")
            if self.at == len(self.text):
                return
            if not self.take(","):
                raise StructuredError(f"no comma at character {self.at}")
            self.match(_OPTIONAL_SPACE, "space")

    def key(self) -> str:
        return self.match(_KEY, "key")[0]

    def member(self) -> Member:
        return self.inner_list() if self.text.startswith("(", self.at) else self.item()

    def inner_list(self) -> InnerList:
        self.at += 1
        items: list[Item] = []
        while True:
            self.match(_SPACES, "space")
            if self.take(")"):
                return InnerList(items, self.parameters())
            items.append(self.item())
            if self.text[self.at : self.at + 1] not in (" ", ")"):
                raise StructuredError(f"no space or bracket at character {self.at}")

    def item(self) -> Item:
        return Item(self.bare(), self.parameters())

    def parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self.take(";"):
            self.match(_SPACES, "space")
            key = self.key()
            found[key] = self.bare() if self.take("=") else True
        return found

    def bare(self) -> Bare:
        first = self.text[self.at : self.at + 1]
        if first == '"':
            return _ESCAPED.sub(r"\1", self.match(_STRING, "string")[1])
        if first.isdigit() or first == "-":
            return _number(self.match(_NUMBER, "number"))
        if first == ":":
            return _bytes(self.match(_BYTES, "byte sequence")[1])
        if first == "?":
            return self.match(_BOOLEAN, "boolean")[1] == "1"
        if first == "@":
            return Date(self.match(_DATE, "date")[1])
        if first == "%":
            return _display(self.match(_DISPLAY, "display string")[1])
        return Token(self.match(_TOKEN, "value")[0])


def _number(found: re.Match[str]) -> int | Decimal:
    sign, whole, fraction = found[1], found[2], found[3]
    if fraction is None:
        if len(whole) > MAX_INTEGER_DIGITS:
            raise StructuredError("an integer of more than 15 digits")
        return int(sign + whole)
    if len(whole) > MAX_WHOLE_DIGITS or not 1 <= len(fraction) <= 3:
        raise StructuredError("a decimal with too many digits, or none after its point")
    return Decimal(f"{sign}{whole}.{fraction}")


def _bytes(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True) if text else b""
    except binascii.Error:
        raise StructuredError("a byte sequence that is not base64") from None


def _display(text: str) -> DisplayString:
    raw = _PERCENT.sub(lambda escape: bytes([int(escape[1], 16)]), text.encode())
    try:
        return DisplayString(raw.decode())
    except UnicodeDecodeError:
        raise StructuredError("a display string that is not UTF-8") from None
