"""A TOML text whose every complaint names the file and the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import SchemeError

T = TypeVar("T")
Path = tuple[str, ...]

_HEADER = re.compile(r"\s*(\[\[?[^\[\]].*\]\]?)\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")
_KINDS = {str: "a text", dict: "a table", list: "a list", bool: "true or false", int: "a whole number"}


class Document:
    """A parsed TOML text. ``path`` is what errors call the file."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            where = _TOML_LINE.search(str(error))
            line = int(where[1]) if where and where[1] else text.rstrip("\n").count("\n") + 1
            problem = _TOML_LINE.sub("", str(error)).strip()
            raise SchemeError(f"{path}:{line}", f"not TOML: {problem}", "see https://toml.io for the syntax") from None
        except (ValueError, RecursionError):  # tomllib lets these through for numbers and nesting beyond measure
            raise SchemeError(f"{path}:1", "a number or a nesting in it is too large", "keep it to a page") from None
        self.root = Table(self, (), values)

    def fail(self, at: Path, problem: str, hint: str) -> NoReturn:
        """Raise SchemeError at the line where ``at``, or the nearest table around it, is written."""
        lines = _line_numbers(self.text)
        while at and at not in lines:
            at = at[:-1]
        raise SchemeError(f"{self.path}:{lines.get(at, 1)}", problem, hint)


class Table:
    """One table, read key by key; ``finish`` refuses what nobody asked for."""

    def __init__(self, document: Document, at: Path, values: Mapping[str, Any]) -> None:
        self.document = document
        self.at = at
        self.values = values
        self._read: set[str] = set()

    def fail(self, key: str, problem: str, hint: str) -> NoReturn:
        """Raise SchemeError at the line of ``key``."""
        self.document.fail((*self.at, key) if key else self.at, problem, hint)

    def get(self, key: str, kind: type[T]) -> T | None:
        """Return the value if it is there. Raises SchemeError when it is of another kind."""
        self._read.add(key)
        value = self.values.get(key)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.fail(key, f"{key!r} must be {_KINDS[kind]}", f"it is {shown(value)}")
        found: T | None = value
        return found

    def need(self, key: str, kind: type[T], hint: str) -> T:
        """Return the value. Raises SchemeError when it is missing or of another kind."""
        value = self.get(key, kind)
        if value is None:
            where = f"[{'.'.join(self.at)}]" if self.at else "the file"
            self.fail("", f"{where} has no {key!r}", hint)
        return value

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, if it is there."""
        values = self.get(key, dict)
        return None if values is None else Table(self.document, (*self.at, key), values)

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return every key and value, as read."""
        self._read.update(self.values)
        return self.values.items()

    def finish(self) -> None:
        """Raise SchemeError for a key that nobody has read."""
        for key in self.values:
            if key not in self._read:
                where = f"[{'.'.join(self.at)}]" if self.at else "a scheme"
                self.fail(key, f"{where} has no key {key!r}", did_you_mean(key, self._read))


def shown(value: object) -> str:
    """Return a value as an error shows it: short, whatever the value."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no decimal number of more than 4,300 digits
        return "a number too large to show"
    return text if len(text) <= 100 else f"{text[:99]}…"


def _line_numbers(text: str) -> dict[Path, int]:
    """Map each key's path to its line. Only errors ask, so a scan that is exact for scheme files will do."""
    found: dict[Path, int] = {}
    table: Path = ()
    inside: str | None = None
    for number, line in enumerate(text.split("\n"), 1):  # splitlines knows line ends that TOML does not
        if inside is None:
            if header := _HEADER.fullmatch(line):
                table = _path(header[1])
                found.setdefault(table, number)
            elif key := _KEY.match(line):
                found.setdefault((*table, *_path(f"{key[1]} = 0")), number)
        inside = _open_text(line, inside)
    return found


def _path(line: str) -> Path:
    """Return the keys that a header or an assignment names, by letting the TOML parser read it alone."""
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys = []
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        keys.append(key)
        value = value[0] if isinstance(value, list) else value
    return tuple(keys)


def _open_text(line: str, inside: str | None) -> str | None:
    """Tell which multi-line quote, if any, is open after ``line``."""
    for mark in re.findall(r"'''|\"\"\"", line):
        inside = mark if inside is None else None if mark == inside else inside
    return inside
