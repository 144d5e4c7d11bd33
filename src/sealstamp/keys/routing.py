"""Which API a request is for: by host, then by the longest path prefix of whole segments.

The raw path decides. But what stands behind the door may normalise a path before it acts on it, so a path that would
be another API's after decoding, merging slashes and resolving dot segments is refused: ``/open/%2e%2e/admin`` must not
pass as part of an open API and arrive at a guarded one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Generic, Protocol, TypeVar

from sealstamp.core.encoding import percent_decode
from sealstamp.errors import ConfigurationError, SealstampError
from sealstamp.keys.domain import Api

ANY_HOST = b"*"
_SUSPICIOUS = re.compile(rb"//|/\.|[%\\;]")


class AmbiguousPathError(SealstampError):
    """The path leads to different APIs before and after normalisation."""


class Routed(Protocol):
    """What can be routed to."""

    @property
    def host(self) -> str:
        """A lower-case host, or ``*``."""

    @property
    def path_prefix(self) -> str:
        """A path that begins with ``/``."""


R = TypeVar("R", bound=Routed)
_MOST_KNOWN: Final = 4_096
_LONGEST_KNOWN: Final = 256
"""Of the paths that come, so many are remembered with where they lead, and none that is longer."""
_Route = tuple[bytes, bytes, R]
"""A prefix, the same with a slash at its end, and the entry."""


class Routes(Generic[R]):
    """Finds the entry for an authority and a raw path."""

    def __init__(self, entries: Iterable[R]) -> None:
        self._by_host: dict[bytes, list[_Route[R]]] = {}
        for entry in sorted(entries, key=lambda entry: -len(entry.path_prefix)):
            prefix = entry.path_prefix.rstrip("/").encode()
            self._by_host.setdefault(entry.host.encode(), []).append((prefix, prefix + b"/", entry))
        self._any = self._by_host.get(ANY_HOST, [])
        self._by_authority = lru_cache(maxsize=4096)(self._routes_of)
        self._found: dict[tuple[bytes, bytes], R | None] = {}

    def find(self, authority: bytes, path: bytes) -> R | None:
        """Return the entry for a host, with or without port and in any case, and a raw path; or None.

        Raises AmbiguousPathError.
        """
        known = self._found
        try:
            return known[authority, path]
        except KeyError:
            found = self._look(authority, path)
        if len(path) <= _LONGEST_KNOWN:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[authority, path] = found
        return found

    def _look(self, authority: bytes, path: bytes) -> R | None:
        routes = self._by_authority(authority)
        found = _first(routes, path)
        if _SUSPICIOUS.search(path) and _first(routes, normalise(path)) is not found:
            raise AmbiguousPathError("the path leads elsewhere once it is normalised")
        return found

    def names_host(self, authority: bytes) -> bool:
        """Tell whether an entry claims this very host."""
        return host_of(authority) in self._by_host

    def _routes_of(self, authority: bytes) -> list[_Route[R]]:
        return self._by_host.get(host_of(authority), []) + self._any


def host_of(authority: bytes) -> bytes:
    """Return the host of an authority in lower case, without its port."""
    host, colon, port = authority.rpartition(b":")
    return (host if colon and port.isdigit() else authority).lower()


def _first(routes: Iterable[_Route[R]], path: bytes) -> R | None:
    for prefix, folder, entry in routes:
        if path.startswith(folder) or path == prefix:
            return entry
    return None


def normalise(path: bytes) -> bytes:
    """Return the path as the most eager server would read it: decoded, slashes merged, dot segments resolved."""
    kept: list[bytes] = []
    for segment in percent_decode(path).replace(b"\\", b"/").split(b"/"):
        name = segment.partition(b";")[0]  # some servers cut path parameters off (RFC 3986, section 3.3)
        if name == b"..":
            del kept[-1:]
        elif name not in (b"", b"."):
            kept.append(name)
    return b"/" + b"/".join(kept)


def refuse_shared_routes(place: str, apis: Iterable[Api]) -> None:
    """Raise ConfigurationError when two APIs claim the same host and path prefix."""
    seen: dict[tuple[str, str], str] = {}
    for api in apis:
        other = seen.setdefault((api.host, api.path_prefix), api.name)
        if other != api.name:
            problem = f"APIs {other!r} and {api.name!r} share host {api.host!r} and path prefix {api.path_prefix!r}"
            raise ConfigurationError(place, problem, "give one of them another host or path_prefix")
