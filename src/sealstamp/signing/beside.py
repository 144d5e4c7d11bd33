"""Header fields that keep what signs beside the rest, so that no copy has it: for httpx and httpx2 alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Lines = list[tuple[bytes, bytes]]


def lines_of(headers: Sequence[tuple[str, str]]) -> Lines:
    """Return header fields as they are sent."""
    return [(name.encode(), value.encode()) for name, value in headers]


def kept_lines(unsigned: Any, signed: Sequence[tuple[str, str]]) -> Lines:
    """Return what stays of a library's Headers beside those that sign."""
    names = {name.lower().encode() for name, _ in signed}
    return [line for line in unsigned.raw if line[0].lower() not in names]


def _of_whole(name: str) -> Callable[..., Any]:
    def ask(self: SignedHeaders, *arguments: Any, **options: Any) -> Any:
        return getattr(self._whole, name)(*arguments, **options)

    return ask


class SignedHeaders:
    """Header fields whose copies, such as those of a redirect, are without what signs.

    To be joined with a library's Headers, which ``plain`` is.
    """

    plain: Any

    def __init__(self, unsigned: Any, signed: Sequence[tuple[str, str]]) -> None:
        kept = kept_lines(unsigned, signed)
        self.plain.__init__(self, kept if len(kept) < len(unsigned.raw) else unsigned)
        self._whole = self.plain(kept + lines_of(signed))

    raw: Any = property(lambda self: self._whole.raw)
    keys: Any = _of_whole("keys")
    values: Any = _of_whole("values")
    items: Any = _of_whole("items")
    multi_items: Any = _of_whole("multi_items")
    get_list: Any = _of_whole("get_list")

    def _update(self, headers: Any = None) -> None:
        self.plain.update(self, headers)
        self._whole.update(headers)

    update: Any = _update

    def __getitem__(self, key: str) -> Any:
        return self._whole[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.plain.__setitem__(self, key, value)
        self._whole[key] = value

    def __delitem__(self, key: str) -> None:
        if self.plain.__contains__(self, key):
            self.plain.__delitem__(self, key)
        del self._whole[key]

    def __contains__(self, key: object) -> bool:
        return key in self._whole

    def __iter__(self) -> Iterator[Any]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)
