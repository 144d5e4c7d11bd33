"""From a name or a file to a scheme, checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from os import PathLike, fspath
from os.path import basename

from sealstamp.core.loader import load_scheme, set_parameters
from sealstamp.core.scheme import Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError
from sealstamp.plugins.codes import find_code
from sealstamp.schemes.heads import ENDING, brought, built_in_names, path_of, scheme_names

MAX_FILE_BYTES = 1_000_000
"""A scheme file larger than this is refused."""


def get_scheme(name: str, parameters: Mapping[str, str] | None = None) -> Scheme:
    """Return a catalogue scheme, or the scheme in a file if ``name`` ends in ``.toml``.

    Raises NotFoundError, SchemeError for a bad file, ConfigurationError for parameters that do not fit.
    """
    scheme = load_file(name) if name.endswith(ENDING) else _from_catalogue(name)
    return set_parameters(scheme, parameters) if parameters else scheme


def forget_schemes() -> None:
    """Forget what was read, after something was installed or removed."""
    _from_catalogue.cache_clear()


@lru_cache(maxsize=256)
def _from_catalogue(name: str) -> Scheme:
    if name in built_in_names():  # before anything that is installed is looked at: it costs time, and cannot shadow
        with open(path_of(name), encoding="utf-8") as file:
            text = file.read()
        return load_scheme(text, name=name, path=f"{name}{ENDING}", find_code=find_code)
    for found in brought():
        if found.name == name:
            if found.path is None or found.problem:
                hint = "update that distribution, or remove it"
                raise ConfigurationError(f"scheme {name}", found.problem, hint)
            return load_file(found.path)
    raise NotFoundError(f"there is no scheme {name!r}\nhint: {did_you_mean(name, scheme_names())}")


def load_file(path: str | PathLike[str]) -> Scheme:
    """Read a scheme from a file; it is called as the file is. Raises NotFoundError, SchemeError."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise NotFoundError(
            f"cannot read {fspath(path)}: {error.strerror}\nhint: give the path of a scheme file"
        ) from None
    if len(content) > MAX_FILE_BYTES:
        raise SchemeError(fspath(path), "the file is too large for a scheme", "a scheme is a page of TOML")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise SchemeError(fspath(path), f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from None
    return load_scheme(text, name=basename(path).removesuffix(ENDING), path=fspath(path), find_code=find_code)
