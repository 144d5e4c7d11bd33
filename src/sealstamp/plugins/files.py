"""The scheme files that installed distributions bring. Folders are found without importing the package they are in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sealstamp.core.record import Record
from sealstamp.plugins.entries import distribution_of, registered

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint
    from pathlib import Path

FILES: Final = "sealstamp.scheme_files"
"""The entry point group of folders with scheme files."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


class Brought(Record):
    """A scheme that a distribution brings; ``problem`` says why it cannot be used, and is else empty."""

    name: str
    distribution: str
    path: Path | None
    problem: str = ""


def brought_schemes(taken: frozenset[str]) -> tuple[Brought, ...]:
    """Return every scheme that is brought; one whose name is ``taken``, or brought twice, has a problem."""
    found = [scheme for entry in registered(FILES) for scheme in _files_of(entry)]
    times = Counter(scheme.name for scheme in found)
    return tuple(_judged(scheme, taken, times[scheme.name]) for scheme in found)


def _judged(scheme: Brought, taken: frozenset[str], times: int) -> Brought:
    if scheme.problem:
        return scheme
    if scheme.name in taken:
        return scheme.replace(problem=f"{scheme.distribution} brings it, and the name is that of a scheme built in")
    if times > 1:
        return scheme.replace(problem=f"{scheme.distribution} brings it, and so does another distribution")
    if not _NAME.fullmatch(scheme.name):
        return scheme.replace(problem=f"{scheme.distribution} brings it, and its name is not like vendor-x")
    return scheme


def _files_of(entry: EntryPoint) -> Iterator[Brought]:
    whose = distribution_of(entry)
    folder = _folder(entry.value)
    files = sorted(folder.glob("*.toml")) if folder is not None else []
    if not files:
        yield Brought(entry.name, whose, None, f"{whose}: there are no scheme files in {entry.value!r}")
    for file in files:
        yield Brought(file.stem, whose, file)


def _folder(dotted: str) -> Path | None:
    """Return the folder of a package. The package itself is not imported: only where it begins is looked up."""
    from importlib.util import find_spec
    from pathlib import Path

    top, *inner = dotted.strip().split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec is not None else None
    folders = (Path(place, *inner) for place in places or ())
    return next((folder for folder in folders if folder.is_dir()), None)
