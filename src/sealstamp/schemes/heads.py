"""Which schemes there are, and what their files say of themselves."""

from __future__ import annotations

import os
import tomllib

from sealstamp.core.record import Record
from sealstamp.plugins.files import Brought, brought_schemes

FOLDER = os.path.dirname(__file__)
ENDING = ".toml"


def scheme_names() -> tuple[str, ...]:
    """Return the names of the catalogue's schemes, in order; nothing is read."""
    return tuple(sorted([*built_in_names(), *(found.name for found in brought() if not found.problem)]))


def built_in_names() -> tuple[str, ...]:
    """Return the names of the schemes in this folder, in order."""
    return tuple(sorted(entry.name.removesuffix(ENDING) for entry in os.scandir(FOLDER) if entry.name.endswith(ENDING)))


def brought() -> tuple[Brought, ...]:
    """Return the schemes that plug-ins bring."""
    return brought_schemes(frozenset(built_in_names()))


class Head(Record):
    """What a scheme file says of itself, before its first section; ``problem`` is why it cannot be used, or empty."""

    name: str
    title: str
    vendor: str
    url: str
    summary: str
    problem: str = ""


def list_schemes() -> tuple[Head, ...]:
    """Return the head of every scheme in the catalogue, by name; their sections are neither read nor checked."""
    heads = [_head(name, path_of(name)) for name in built_in_names()]
    return tuple(sorted([*heads, *map(_head_of_brought, brought())], key=lambda head: head.name))


def path_of(name: str) -> str:
    """Return the path of a scheme in this folder."""
    return os.path.join(FOLDER, name + ENDING)


def _head(name: str, path: str | os.PathLike[str]) -> Head:
    with open(path, encoding="utf-8") as file:
        facts = tomllib.loads(file.read().partition("\n[")[0])
    return Head(name, facts["title"], facts["vendor"], facts["url"], facts.get("summary", ""))


def _head_of_brought(found: Brought) -> Head:
    if found.path is None or found.problem:
        return Head(found.name, "", "", "", "", found.problem)
    try:
        return _head(found.name, found.path)
    except (OSError, ValueError, KeyError, AttributeError, RecursionError) as error:
        return Head(found.name, "", "", "", "", f"{found.distribution}: its file cannot be read: {error!r}")
