"""The signature base: the covered components' lines, then the signature's own parameters (RFC 9421, section 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError
from sealstamp.plugins.rfc9421.components import Component, Identity, component_of
from sealstamp.plugins.structured import InnerList, Item, parse_list

MAX_COMPONENTS: Final = 128
"""More covered components than this are refused."""
_PLAIN: Final = b"\t" + bytes(range(0x20, 0x7F))
_KEPT = 512
_KEPT_LENGTH = 2_048
"""Lists of components are few and come again and again, so what was made of one is kept, unless it is long."""


class Covered:
    """What one signature covers; made once for all requests that cover the same."""

    __slots__ = ("_line_ends", "_lines", "identities", "text")

    def __init__(self, components: Sequence[Component]) -> None:
        if len(components) > MAX_COMPONENTS:
            raise MalformedCredentialsError(f"more than {MAX_COMPONENTS} components are covered")
        self.identities: frozenset[Identity] = frozenset(component.identity for component in components)
        if len(self.identities) != len(components):
            raise MalformedCredentialsError("a component is covered twice")
        self.text = f"({' '.join(component.text for component in components)})".encode()
        self._line_ends = b"\n" * len(components)
        self._lines = [(f"{component.text}: ".encode(), component.get) for component in components]

    def base(self, request: Request, parameters: bytes) -> bytes:
        """Return the signature base; ``parameters`` are the list and its parameters as they are written canonically.

        Raises MalformedCredentialsError for a component that is not there, or has bytes that cannot be signed.
        """
        lines = [prefix + get(request) for prefix, get in self._lines]
        lines.append(b'"@signature-params": ' + parameters)
        text = b"\n".join(lines)
        if text.translate(None, _PLAIN) != self._line_ends:  # nothing else may be in it, and no line end more
            raise MalformedCredentialsError("a covered component is not a line of visible ASCII; cover it as bytes")
        return text


def covered_by(items: Sequence[Item], types: Mapping[str, str]) -> Covered:
    """Return what a list covers. Raises MalformedCredentialsError."""
    return Covered([component_of(item, types) for item in items])


def coverage_reader(types: Mapping[str, str]) -> Callable[[bytes], Covered]:
    """Return what reads the text of a list of components, brackets included; it remembers. Raises as above."""

    def read(text: bytes) -> Covered:
        try:
            (inner,) = parse_list(text)
        except ValueError:  # a StructuredError, or not one list
            raise MalformedCredentialsError("the covered components are not a list") from None
        if not isinstance(inner, InnerList):
            raise MalformedCredentialsError("the covered components are not a list")
        return covered_by(inner.items, types)

    remembered = lru_cache(_KEPT)(read)
    return lambda text: remembered(text) if len(text) <= _KEPT_LENGTH else read(text)
