"""What a structured field holds. Plain Python values where there is one, and a class of its own where there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Token(str):
    """A word without quotes, such as ``gzip``; a plain ``str`` is one in quotes."""

    __slots__ = ()


class DisplayString(str):
    """A text that may hold any Unicode character; it travels percent-encoded."""

    __slots__ = ()


class Date(int):
    """Seconds since 1970, written ``@1659578233``."""

    __slots__ = ()


Bare = bool | int | Decimal | str | bytes
"""A value without parameters; a Token, a DisplayString and a Date are among them."""


class Item(NamedTuple):
    """A value and its parameters."""

    value: Bare
    parameters: dict[str, Bare]


class InnerList(NamedTuple):
    """A list in brackets and its parameters."""

    items: list[Item]
    parameters: dict[str, Bare]


Member = Item | InnerList
Dictionary = dict[str, Member]
