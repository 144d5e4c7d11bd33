"""What a worker shares with the other workers of its service: what was accepted, and what was counted.

One worker alone keeps it in its memory. Several keep it in a folder beside the store, in files that each of them maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.limits import MemoryRates
from sealstamp.keys.ports import RateLimiter, ReplayGuard, ReplayLedger
from sealstamp.keys.replay import MemoryReplayGuard
from sealstamp.server.settings import Settings
from sealstamp.stores.host import rates
from sealstamp.stores.host.counters import HostCounters
from sealstamp.stores.host.folder import HostFolder
from sealstamp.stores.host.presence import alone, together
from sealstamp.stores.host.replay import TABLE, HostReplayGuard, remember
from sealstamp.stores.urls import is_postgresql, sqlite_path

_SILENT_MS: Final = 3_000


@dataclass(frozen=True)
class Shared:
    """``began_ms`` is Unix milliseconds. ``folder`` is None for a worker that is alone."""

    replay: ReplayGuard
    rates: RateLimiter
    counters: HostCounters
    began_ms: int
    folder: HostFolder | None = None

    def silent_workers(self, now_ms: int) -> int:
        """Return how many workers have not said for seconds that they are well."""
        return self.counters.silent(now_ms - _SILENT_MS)


@contextmanager
def sharing(settings: Settings, ledger: ReplayLedger, now_ms: Callable[[], int]) -> Iterator[Shared]:
    """Join the workers that serve from the store, or be the first of them.

    Raises ConfigurationError while a process serves from it that does not share, StoreUnavailableError.
    """
    lock, folder = _lock_of(settings), _folder_of(settings)
    if settings.workers == 1:
        with alone(lock):
            folder.forget()
            # Born under the lock: whoever accepted requests for this store before has ended by now.
            replay = MemoryReplayGuard(now_ms(), ledger, tolerance_ms=settings.replay_tolerance)
            with closing(HostCounters(None)) as counters:
                yield Shared(replay, MemoryRates(settings.limited_keys), counters, now_ms())
        return

    def make() -> None:
        names = rates.NAMES_A_KEY * settings.limited_keys
        folder.make({rates.TABLE: names, TABLE: settings.replay_capacity}, now_ms())
        with closing(folder.table(TABLE)) as table:
            remember(table, ledger)

    with (
        together(lock, make, lambda: folder.is_made(TABLE)),
        closing(folder.table(TABLE)) as table,
        closing(folder.table(rates.TABLE)) as rate_table,
        closing(folder.counters()) as counters,
    ):
        guard = HostReplayGuard(table, ledger, now_ms, tolerance_ms=settings.replay_tolerance)
        yield Shared(guard, rates.HostRates(rate_table), counters, table.born_ms, folder)


def check_nobody_else_serves(settings: Settings) -> None:
    """Raise ConfigurationError while a process serves from the store that would not share with this service."""
    if settings.workers == 1:
        with alone(_lock_of(settings)):
            pass
    else:
        with together(_lock_of(settings), lambda: None, lambda: True):
            pass


def _lock_of(settings: Settings) -> Path:
    return Path(f"{_store_path(settings)}.lock")


def _folder_of(settings: Settings) -> HostFolder:
    return HostFolder(Path(f"{_store_path(settings)}.shared"))


def _store_path(settings: Settings) -> Path:
    if is_postgresql(settings.store):
        problem = "a service that serves from PostgreSQL needs a replay guard of many machines"
        raise ConfigurationError("setting store", problem, "serve from a SQLite store, until there is one")
    return sqlite_path(settings.store)
