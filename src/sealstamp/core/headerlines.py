"""Writing signed headers as lines, ``{headers|only:signed,';'|squeeze|join:':',', '}``, where none came twice.

A client signs the same headers every time, so what a list says is remembered: which values to take, and the text that
they go into. Where no value has white space to be trimmed or squeezed, that text is what is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sealstamp.core.request import Request

VALUES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "squeeze": lambda value: b" ".join(value.split()),
    "trim": bytes.strip,
    "lower_values": bytes.lower,
}
"""Filters of fields that change nothing but values, and what they make of one."""
_ABOUT_WHITE: Final = frozenset({"squeeze", "trim"})
MOST: Final = 128
LONGEST: Final = 512
"""So many lists are remembered, each of at most so many bytes."""
_WHITE: Final = b" \t\n\r\v\f"


_Plan = tuple[Callable[[Mapping[bytes, bytes]], Any], bytes, int]
"""What takes a list's values, the text with gaps for them, and how much white space is in that."""


class HeaderLines:
    """Writes the headers that a list names, as ``name between value``, but for those ``without``.

    ``commas`` stand between the names of the list, ``separator`` between lines, and ``end`` after the last if there is
    any. What the request does not have is left out.
    """

    def __init__(
        self,
        filters: Sequence[str],
        without: frozenset[bytes],
        commas: bytes,
        between: bytes,
        separator: bytes,
        end: bytes = b"",
    ) -> None:
        self._changes = [VALUES[name] for name in filters]
        self._without = without
        self._commas = commas
        self._between = between
        self._separator = separator
        self._end = end
        self._plans: dict[bytes, _Plan] = {}
        self._may_plan = {*filters} <= _ABOUT_WHITE

    def write(self, request: Request, listed: bytes) -> bytes:
        """Return the lines of the headers that a list names."""
        headers = request.header_fields[0]
        plan = self._plans.get(listed) or self._learn(listed)
        if plan is None:
            return self._one_by_one(headers, listed)
        take, template, white = plan
        try:
            text: bytes = template % take(headers)
        except KeyError:  # one is not there
            return self._one_by_one(headers, listed)
        is_trim = not self._changes or len(text) - len(text.translate(None, _WHITE)) == white
        return text if is_trim else self._one_by_one(headers, listed)

    def _learn(self, listed: bytes) -> _Plan | None:
        names = [name for name in listed.split(self._commas) if name not in self._without]
        if not self._may_plan or len(listed) > LONGEST or not names:
            return None
        gaps = [_literally(name + self._between) + b"%b" for name in names]
        template = _literally(self._separator).join(gaps) + _literally(self._end)
        if len(self._plans) >= MOST:
            self._plans.clear()
        white = len(template) - len(template.translate(None, _WHITE))
        plan = self._plans[listed] = (itemgetter(*names), template, white)
        return plan

    def _one_by_one(self, headers: Mapping[bytes, bytes], listed: bytes) -> bytes:
        lines = []
        for name in listed.split(self._commas):
            if name in headers and name not in self._without:
                value = headers[name]
                for change in self._changes:
                    value = change(value)
                lines.append(name + self._between + value)
        return self._separator.join(lines) + self._end if lines else b""


def _literally(text: bytes) -> bytes:
    return text.replace(b"%", b"%%")
