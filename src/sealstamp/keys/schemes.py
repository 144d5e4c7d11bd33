"""The schemes that APIs may name: the catalogue's, and those that were uploaded into the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sealstamp.core.loader import load_scheme, set_parameters
from sealstamp.core.scheme import Scheme
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError
from sealstamp.plugins.codes import find_code
from sealstamp.schemes import get_scheme, scheme_names


@dataclass(frozen=True, slots=True)
class StoredScheme:
    """One version of an uploaded scheme: its file's text, from when (Unix milliseconds) and from whom it is."""

    name: str
    version: int
    text: str
    created_at_ms: int
    created_by: str


class Shelf:
    """Finds schemes by name: an uploaded one in its newest version, or else the catalogue's.

    An uploaded scheme keeps its name when a newer catalogue brings one that is called the same: what an API accepts
    must not change with an upgrade.
    """

    def __init__(self, stored: Iterable[StoredScheme] = ()) -> None:
        self._stored = {scheme.name: scheme for scheme in stored}

    def get(self, name: str, parameters: Mapping[str, str] | None = None) -> Scheme:
        """Return a scheme. Raises NotFoundError, SchemeError, and ConfigurationError for parameters."""
        stored = self._stored.get(name)
        if stored is None:
            return get_scheme(name, parameters)
        scheme = read_stored(stored)
        return set_parameters(scheme, parameters) if parameters else scheme

    def named(self, name: str) -> Scheme:
        """Return a scheme by its name alone: a path on this machine is none. Raises NotFoundError, SchemeError."""
        if name not in self._stored and name not in scheme_names():
            raise NotFoundError(f"there is no scheme {name!r}")
        return self.get(name)

    def check(self, name: str, parameters: Mapping[str, str]) -> None:
        """Raise ConfigurationError for a scheme that is not there, cannot be used, or has no such parameters."""
        try:
            self.get(name, parameters)
        except (NotFoundError, SchemeError, ConfigurationError) as error:
            # Whoever reads a file puts its own place before the problem, so that the whole is told.
            problem, _, hint = str(error).partition("\nhint: ")
            raise ConfigurationError("schemes", problem, hint) from None

    def version_of(self, name: str) -> int:
        """Return the version of an uploaded scheme; 0 for any other name."""
        stored = self._stored.get(name)
        return 0 if stored is None else stored.version


CATALOGUE = Shelf()
"""The catalogue alone."""


@lru_cache(maxsize=256)
def read_stored(stored: StoredScheme) -> Scheme:
    """Return the scheme that a stored file describes. Raises SchemeError."""
    path = f"{stored.name}, version {stored.version}"
    return load_scheme(stored.text, name=stored.name, path=path, find_code=find_code)
