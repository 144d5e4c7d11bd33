"""The templates of configurations: text in a proxy's own language, with ``<<name>>`` where a value goes.

A line that begins with ``<<for NAME>>``, behind its indentation, stands once for each entry of a list, whose values it
may use beside the others. A list may be empty, and then the line is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

Values = Mapping[str, str]
Lists = Mapping[str, Sequence[Values]]

_HOLE = re.compile(r"<<(\w+)>>")
_REPEATED = re.compile(r"(\s*)<<for (\w+)>>(.*)")
_TEMPLATES = files("sealstamp.server.proxies")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file of a proxy's configuration."""

    name: str
    text: str


def proxy_names() -> list[str]:
    """Return the proxies that there are templates for, in the order of the alphabet."""
    return sorted(folder.name for folder in _TEMPLATES.iterdir() if folder.is_dir() and folder.name[0] != "_")


def write_files(proxy: str, values: Values, lists: Lists) -> list[ConfigFile]:
    """Return the files of a proxy's configuration, the one to begin with first."""
    templates = sorted((_TEMPLATES / proxy).iterdir(), key=lambda file: (file.name.endswith(".lua"), file.name))
    return [ConfigFile(file.name, fill(file.read_text(encoding="utf-8"), values, lists)) for file in templates]


def fill(template: str, values: Values, lists: Lists) -> str:
    """Return the text of a template. Raises KeyError for a name that has no value."""
    return "".join(f"{line}\n" for line in _lines(template, values, lists))


def _lines(template: str, values: Values, lists: Lists) -> Iterator[str]:
    for line in template.splitlines():
        repeated = _REPEATED.fullmatch(line)
        if repeated is None:
            yield _filled(line, values)
        else:
            indentation, name, rest = repeated.groups()
            yield from (_filled(indentation + rest, {**values, **entry}) for entry in lists[name])


def _filled(line: str, values: Values) -> str:
    return _HOLE.sub(lambda hole: values[hole[1]], line)
