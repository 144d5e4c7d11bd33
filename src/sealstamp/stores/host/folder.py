"""The folder beside a store in which the processes of one host keep what they share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.host.counters import HostCounters
from sealstamp.stores.host.table import HostTable, make_table


class HostFolder:
    """The folder at ``path``. It may be remade, and its tables forgotten, only while nobody serves."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def make(self, tables: Mapping[str, int], born_ms: int) -> None:
        """Make ``tables``, by name for so many names each, all else gone. Raises StoreUnavailableError."""
        try:
            self._path.mkdir(mode=0o700, exist_ok=True)
            self.forget()
            for name, capacity in tables.items():
                make_table(self._table(name), capacity, born_ms)
        except OSError as error:
            problem = f"what processes share cannot be made in {self._path}: {error.strerror}"
            raise StoreUnavailableError(problem) from None

    def forget(self) -> None:
        """Remove what is there: whoever serves next must not take it for its own."""
        for path in self._path.glob("*"):
            path.unlink()

    def is_made(self, name: str) -> bool:
        """Tell whether there is a table of this name that can be used."""
        try:
            self.table(name).close()
        except StoreUnavailableError:
            return False
        return True

    def table(self, name: str) -> HostTable:
        """Open a table. Raises StoreUnavailableError."""
        return HostTable(self._table(name))

    def counters(self, service: str) -> HostCounters:
        """Begin to count for a service. Raises StoreUnavailableError."""
        return HostCounters(self._path, service)

    def _table(self, name: str) -> Path:
        return self._path / f"table-{name}"
