"""The catalogue: every scheme file in this folder, found by its name, read when it is asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sealstamp.core.loader import load_scheme, set_parameters
from sealstamp.core.record import Record
from sealstamp.core.scheme import Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import NotFoundError, SchemeError

_FOLDER = Path(__file__).parent
_ENDING = ".toml"
MAX_FILE_BYTES = 1_000_000
"""A scheme file larger than this is refused."""


def scheme_names() -> tuple[str, ...]:
    """Return the names of the catalogue's schemes, in order; nothing is read."""
    return tuple(
        sorted(entry.name.removesuffix(_ENDING) for entry in _FOLDER.iterdir() if entry.name.endswith(_ENDING))
    )


class Head(Record):
    """What a scheme file says of itself, before its first section."""

    name: str
    title: str
    vendor: str
    url: str
    summary: str


def list_schemes() -> tuple[Head, ...]:
    """Return the head of every scheme in the catalogue, by name; their sections are neither read nor checked."""
    return tuple(_head(name) for name in scheme_names())


def _head(name: str) -> Head:
    text = (_FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8")
    facts = tomllib.loads(text.partition("\n[")[0])
    return Head(name, facts["title"], facts["vendor"], facts["url"], facts["summary"])


def get_scheme(name: str, parameters: Mapping[str, str] | None = None) -> Scheme:
    """Return a catalogue scheme, or the scheme in a file if ``name`` ends in ``.toml``.

    Raises NotFoundError, SchemeError for a bad file, ConfigurationError for parameters that do not fit.
    """
    scheme = load_file(Path(name)) if name.endswith(_ENDING) else _from_catalogue(name)
    return set_parameters(scheme, parameters) if parameters else scheme


@lru_cache(maxsize=256)
def _from_catalogue(name: str) -> Scheme:
    if name not in scheme_names():
        raise NotFoundError(f"there is no scheme {name!r}\nhint: {did_you_mean(name, scheme_names())}")
    text = (_FOLDER / f"{name}{_ENDING}").read_text(encoding="utf-8")
    return load_scheme(text, name=name, path=f"{name}{_ENDING}")


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
    return load_scheme(text, name=path.name.removesuffix(_ENDING), path=str(path))
