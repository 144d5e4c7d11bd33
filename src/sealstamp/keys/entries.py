"""Strict reading of one table of a TOML file: what is not known, missing or of a wrong type is refused with a hint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError

Choice = TypeVar("Choice", bound=StrEnum)
Typed = TypeVar("Typed")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TOML_TYPES: Final[Mapping[type, str]] = {
    bool: "a boolean",
    datetime: "a date and time",
    dict: "a table",
    float: "a float",
    int: "an integer",
    list: "an array",
    str: "a string",
}


class Entry:
    """One table of the file; ``place`` says where it is. Every method raises ConfigurationError.

    A message shows keys, types, and words sought in a list, but no other value: it may be a secret.
    """

    def __init__(self, place: str, table: object, known: Iterable[str]) -> None:
        if not isinstance(table, Mapping):
            raise ConfigurationError(place, f"it is {told_type(table)}, not a table", "write it as a table")
        self.place = place
        self._table: Mapping[str, Any] = table
        self._refuse_unknown(known)

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def at(self, key: str) -> str:
        """Return where ``key`` is."""
        return f"{self.place}: {key}"

    def text(self, key: str) -> str:
        """Return a string that must be there."""
        if key not in self._table:
            raise ConfigurationError(self.place, f"{key} is missing", f'add: {key} = "…"')
        return self._typed(key, str, f'write it in quotes: {key} = "…"')

    def text_or(self, key: str, default: str) -> str:
        """Return a string, or ``default`` where there is none."""
        return self.text(key) if key in self._table else default

    def text_or_none(self, key: str) -> str | None:
        """Return a string, or None where there is none."""
        return self.text(key) if key in self._table else None

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table, empty where there is none."""
        return self._typed(key, dict, f"write a table: {key} = {{ … }}") if key in self._table else {}

    def array(self, key: str) -> list[Any]:
        """Return an array that must be there."""
        if key not in self._table:
            raise ConfigurationError(self.place, f"{key} is missing", f"add: {key} = […]")
        return self._typed(key, list, f"write an array: {key} = […]")

    def array_or_empty(self, key: str) -> list[Any]:
        """Return an array, empty where there is none."""
        return self.array(key) if key in self._table else []

    def texts(self, key: str) -> dict[str, str]:
        """Return a table of strings, empty where there is none."""
        table = self.table(key)
        for name, value in table.items():
            if not isinstance(value, str):
                hint = f'write it in quotes: {name} = "…"'
                raise ConfigurationError(f"{self.at(key)}.{name}", f"it is {told_type(value)}, not a string", hint)
        return dict(table)

    def integer(self, key: str) -> int:
        """Return an integer that must be there."""
        if key not in self._table:
            raise ConfigurationError(self.place, f"{key} is missing", f"add: {key} = …")
        if isinstance(self._table[key], bool):
            raise ConfigurationError(self.at(key), "it is a boolean, not an integer", f"write a number: {key} = …")
        return self._typed(key, int, f"write a number: {key} = …")

    def names(self, key: str) -> tuple[str, ...]:
        """Return an array of strings, none twice, that must be there."""
        names = self.array(key)
        for name in names:
            if not isinstance(name, str):
                hint = f'write names in quotes: {key} = ["…"]'
                raise ConfigurationError(self.at(key), f"it holds {told_type(name)}, not a string", hint)
        refuse_duplicates(self.at(key), names)
        return tuple(names)

    def choice(self, key: str, default: Choice) -> Choice:
        """Return one of the words of ``default``'s kind."""
        return self._choose(key, type(default)) if key in self._table else default

    def choice_or_none(self, key: str, kind: type[Choice]) -> Choice | None:
        """Return one of the words of ``kind``, or None where there is none."""
        return self._choose(key, kind) if key in self._table else None

    def time_ms_or_none(self, key: str) -> int | None:
        """Return a date and time with its offset as Unix milliseconds, or None where there is none."""
        if key not in self._table:
            return None
        example = f"write a time with its offset, unquoted: {key} = 2027-01-31T12:00:00Z"
        moment = self._typed(key, datetime, example)
        if moment.tzinfo is None:
            raise ConfigurationError(self.at(key), "the time has no offset from UTC", example)
        return (moment - _EPOCH) // timedelta(milliseconds=1)

    def _choose(self, key: str, kind: type[Choice]) -> Choice:
        word = self.text(key)
        try:
            return kind(word)
        except ValueError:
            hint = did_you_mean(word, [choice.value for choice in kind])
            raise ConfigurationError(self.at(key), f"{word!r} is not known", hint) from None

    def _typed(self, key: str, kind: type[Typed], hint: str) -> Typed:
        value: object = self._table[key]
        if not isinstance(value, kind):
            problem = f"it is {told_type(value)}, not {_TOML_TYPES[kind]}"
            raise ConfigurationError(self.at(key), problem, hint)
        return value

    def _refuse_unknown(self, known: Iterable[str]) -> None:
        choices = set(known)
        for key in self._table:
            if key not in choices:
                raise ConfigurationError(self.place, f"the key {key!r} is not known", did_you_mean(key, choices))


def refuse_duplicates(place: str, names: Iterable[str]) -> None:
    """Raise ConfigurationError for the first name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigurationError(place, f"{name!r} comes twice", "keep one of them")
        seen.add(name)


def told_type(value: object) -> str:
    """Return what TOML calls the value's type."""
    return _TOML_TYPES.get(type(value), "a local date or time")
