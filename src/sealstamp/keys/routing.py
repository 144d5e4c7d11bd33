"""Which API a request is for: by host, then by the longest path prefix of whole segments.

The raw path decides. But what stands behind the door may normalise a path before it acts on it, so a path that would
be another API's after decoding, merging slashes and resolving dot segments is refused: ``/open/%2e%2e/admin`` must not
pass as part of an open API and arrive at a guarded one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from sealstamp.core.encoding import percent_decode
from sealstamp.errors import SealstampError

ANY_HOST = "*"
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


class Routes(Generic[R]):
    """Finds the entry for a host and a raw path."""

    def __init__(self, entries: Iterable[R]) -> None:
        self._by_host: dict[bytes, list[tuple[bytes, bytes, R]]] = {}
        for entry in sorted(entries, key=lambda entry: -len(entry.path_prefix)):
            prefix = entry.path_prefix.rstrip("/").encode()
            self._by_host.setdefault(entry.host.encode(), []).append((prefix, prefix + b"/", entry))
        self._any = self._by_host.get(ANY_HOST.encode(), [])

    def find(self, host: bytes, path: bytes) -> R | None:
        """Return the entry for a host (any case, without port) and a raw path, or None.

        Raises AmbiguousPathError.
        """
        found = self._find(host, path)
        if _SUSPICIOUS.search(path) and self._find(host, normalise(path)) is not found:
            raise AmbiguousPathError("the path leads elsewhere once it is normalised")
        return found

    def names_host(self, host: bytes) -> bool:
        """Tell whether an entry claims this very host."""
        return host.lower() in self._by_host

    def _find(self, host: bytes, path: bytes) -> R | None:
        for prefix, folder, entry in [*self._by_host.get(host.lower(), []), *self._any]:
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
