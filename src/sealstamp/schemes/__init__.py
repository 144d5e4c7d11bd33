"""The catalogue: every scheme file in this folder and those that plug-ins bring, found by name, read when asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sealstamp.core.loader import load_scheme, set_parameters
from sealstamp.core.record import Record
from sealstamp.core.scheme import Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError
from sealstamp.plugins import Brought, brought_schemes, find_code

_FOLDER = Path(__file__).parent
_ENDING = ".toml"
MAX_FILE_BYTES = 1_000_000
"""A scheme file larger than this is refused."""


def scheme_names() -> tuple[str, ...]:
    """Return the names of the catalogue's schemes, in order; nothing is read."""
    return tuple(sorted([*built_in_names(), *(found.name for found in _brought() if not found.problem)]))


def built_in_names() -> tuple[str, ...]:
    """Return the names of the schemes in this folder, in order."""
    return tuple(
        sorted(entry.name.removesuffix(_ENDING) for entry in _FOLDER.iterdir() if entry.name.endswith(_ENDING))
    )


def _brought() -> tuple[Brought, ...]:
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
    heads = [_head(name, _FOLDER / f"{name}{_ENDING}") for name in built_in_names()]
    return tuple(sorted([*heads, *map(_head_of_brought, _brought())], key=lambda head: head.name))


def _head(name: str, path: Path) -> Head:
    facts = tomllib.loads(path.read_text(encoding="utf-8").partition("\n[")[0])
    return Head(name, facts["title"], facts["vendor"], facts["url"], facts.get("summary", ""))


def _head_of_brought(found: Brought) -> Head:
    if found.path is None or found.problem:
        return Head(found.name, "", "", "", "", found.problem)
    try:
        return _head(found.name, found.path)
    except (OSError, ValueError, KeyError, AttributeError, RecursionError) as error:
        return Head(found.name, "", "", "", "", f"{found.distribution}: its file cannot be read: {error!r}")


def get_scheme(name: str, parameters: Mapping[str, str] | None = None) -> Scheme:
    """Return a catalogue scheme, or the scheme in a file if ``name`` ends in ``.toml``.

    Raises NotFoundError, SchemeError for a bad file, ConfigurationError for parameters that do not fit.
    """
    scheme = load_file(Path(name)) if name.endswith(_ENDING) else _from_catalogue(name)
    return set_parameters(scheme, parameters) if parameters else scheme


def forget_schemes() -> None:
    """Forget what was read, after something was installed or removed."""
    _from_catalogue.cache_clear()


@lru_cache(maxsize=256)
def _from_catalogue(name: str) -> Scheme:
    if name in built_in_names():  # before anything that is installed is looked at: it costs time, and cannot shadow
        text = (_FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8")
        return load_scheme(text, name=name, path=f"{name}{_ENDING}", find_code=find_code)
    for found in _brought():
        if found.name == name:
            if found.path is None or found.problem:
                hint = "update that distribution, or remove it"
                raise ConfigurationError(f"scheme {name}", found.problem, hint)
            return load_file(found.path)
    raise NotFoundError(f"there is no scheme {name!r}\nhint: {did_you_mean(name, scheme_names())}")


def load_file(path: Path) -> Scheme:
    """Read a scheme from a file; it is called as the file is. Raises NotFoundError, SchemeError."""
    try:
        content = path.read_bytes()[: MAX_FILE_BYTES + 1]
    except OSError as error:
        raise NotFoundError(f"cannot read {path}: {error.strerror}\nhint: give the path of a scheme file") from None
    if len(content) > MAX_FILE_BYTES:
        raise SchemeError(str(path), "the file is too large for a scheme", "a scheme is a page of TOML")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise SchemeError(f"{path}", f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from None
    return load_scheme(text, name=path.name.removesuffix(_ENDING), path=str(path), find_code=find_code)
