"""What installed distributions register, found by their metadata alone: none of it is imported.

Most machines have nothing that registers, and a command should not wait long to learn that: the metadata is looked
through for the group's name first, and only then read with ``importlib.metadata``, which is slow to import.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_METADATA: Final = (".dist-info", ".egg-info")


def registered(group: str) -> tuple[EntryPoint, ...]:
    """Return what installed distributions register in a group, without importing any of it."""
    if not _may_register(group.encode(), tuple(sys.path)):
        return ()
    from importlib.metadata import entry_points

    return tuple(entry_points(group=group))


def distribution_of(entry: EntryPoint) -> str:
    """Return the name and version of the distribution that brings an entry."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"


def _may_register(group: bytes, folders: tuple[str, ...]) -> bool:
    """Tell whether something installed may register in a group; what is in no folder may."""
    others = (finder for finder in sys.meta_path if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True
    return any(_mentions(group, folder or ".") for folder in dict.fromkeys(folders))


def _mentions(group: bytes, folder: str) -> bool:
    if not os.path.isdir(folder):
        return os.path.exists(folder)
    try:
        names = os.listdir(folder)
        found = (_read(os.path.join(folder, name, "entry_points.txt")) for name in names if name.endswith(_METADATA))
        return any(name.endswith(".egg") for name in names) or any(group in text for text in found)
    except OSError:
        return True


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (
        FileNotFoundError,
        NotADirectoryError,
    ):  # most distributions register nothing, and an .egg-info may be a file
        return b""
