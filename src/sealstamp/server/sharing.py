"""What a worker shares with the other workers of its service: what was accepted, and what was counted.

One worker alone keeps it in its memory. Several keep it in a folder beside the store, in files that each of them maps.
For several machines it is in Valkey.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.limits import MemoryRates
from sealstamp.keys.ports import RateLimiter, ReplayGuard
from sealstamp.keys.replay import MemoryReplayGuard
from sealstamp.server.background import background
from sealstamp.server.logs import Log
from sealstamp.server.settings import Settings
from sealstamp.stores.host import rates
from sealstamp.stores.host.counters import HostCounters
from sealstamp.stores.host.folder import HostFolder
from sealstamp.stores.host.presence import alone, together
from sealstamp.stores.host.replay import TABLE, HostReplayGuard, remember
from sealstamp.stores.sql import SqlStore
from sealstamp.stores.urls import is_postgresql, sqlite_path

if TYPE_CHECKING:
    from sealstamp.stores.valkey.keeper import Keeper
    from sealstamp.stores.valkey.opening import Opened

_SILENT_MS: Final = 3_000
_NODES: Final = "nodes"
"""The table whose birth is that of a service which shares claims elsewhere."""
Clock = Callable[[], int]
Companion = AbstractAsyncContextManager[object]


@dataclass(frozen=True)
class Member:
    """Who serves from a store. ``service`` is counted by itself; ``is_alone`` is that of which nothing is shared here.

    Several processes of one service have the same ``service``.
    """

    service: str
    is_alone: bool

    @classmethod
    def of_service(cls, settings: Settings) -> Member:
        """Return what a worker of the service is."""
        return cls(settings.listen, settings.workers == 1)


@dataclass(frozen=True)
class Shared:
    """``began_ms`` is Unix milliseconds. ``companions`` must run beside the requests. One alone has no ``folder``."""

    replay: ReplayGuard
    rates: RateLimiter
    counters: HostCounters
    began_ms: int
    companions: tuple[Companion, ...] = ()
    folder: HostFolder | None = None

    def silent_workers(self, now_ms: int) -> int:
        """Return how many workers have not said for seconds that they are well."""
        return self.counters.silent(now_ms - _SILENT_MS)


@contextmanager
def sharing(settings: Settings, member: Member, store: SqlStore, now_ms: Clock, log: Log) -> Iterator[Shared]:
    """Join those who serve from the store, or be the first of them.

    Raises ConfigurationError while a process serves from it that does not share, StoreUnavailableError.
    """
    with ExitStack() as stack:
        stack.enter_context(presence(settings, member, store, now_ms))
        folder = None if member.is_alone else _folder_of(settings, member)
        counters = HostCounters(None) if folder is None else folder.counters(member.service)
        stack.enter_context(closing(counters))
        if settings.replay_store:
            valkey = _opened_valkey(settings, store, now_ms, log)
            keeping = _kept(valkey.keeper, settings.refresh_interval, settings.replay_timeout)
            yield Shared(valkey.replay, valkey.rates, counters, now_ms(), (keeping,), folder)
        elif folder is None:
            # Born under the lock: whoever accepted requests for this store before has ended by now.
            alone_here = MemoryReplayGuard(now_ms(), store, tolerance_ms=settings.replay_tolerance)
            yield Shared(alone_here, MemoryRates(settings.limited_keys), counters, now_ms())
        else:
            table = stack.enter_context(closing(folder.table(TABLE)))
            guard = HostReplayGuard(table, store, now_ms, tolerance_ms=settings.replay_tolerance)
            counted = rates.HostRates(stack.enter_context(closing(folder.table(rates.TABLE))))
            yield Shared(guard, counted, counters, table.born_ms, folder=folder)


def presence(settings: Settings, member: Member, store: SqlStore, now_ms: Clock) -> AbstractContextManager[None]:
    """Be there as a process that serves from the store, alone or with others.

    Raises ConfigurationError while a process serves from it in another way.
    """
    lock, folder = _lock_of(settings, member), _folder_of(settings, member)
    tables = {_NODES: 1} if settings.replay_store else _tables_of(settings)
    if member.is_alone and not settings.replay_store:
        return _alone(lock, folder, store)

    def make() -> None:
        folder.make(tables, now_ms())
        if not is_postgresql(settings.store):
            _forget_lives(store)  # nobody else serves from a file
        if not settings.replay_store:
            with closing(folder.table(TABLE)) as made:
                remember(made, store)

    return together(lock, make, lambda: all(map(folder.is_made, tables)))


def _tables_of(settings: Settings) -> dict[str, int]:
    """Return what the workers of a host share, by name, and how many names each has room for."""
    return {TABLE: settings.replay_capacity, rates.TABLE: rates.NAMES_A_KEY * settings.limited_keys}


@contextmanager
def _alone(lock: Path, folder: HostFolder, store: SqlStore) -> Iterator[None]:
    with alone(lock):
        folder.forget()
        _forget_lives(store)
        yield


def _forget_lives(store: SqlStore) -> None:
    """Have the next node begin a new life in Valkey: what is accepted without it, it does not know."""
    if lives := store.lives():
        store.replace_lives(lives, [])


def _opened_valkey(settings: Settings, store: SqlStore, now_ms: Clock, log: Log) -> Opened:
    try:
        from sealstamp.stores.valkey.opening import open_valkey
        from sealstamp.stores.valkey.shard import Rules
    except ImportError:
        raise _valkey_missing() from None
    rules = Rules(now_ms, settings.max_clock_distance, settings.replay_tolerance, settings.max_staleness)
    return open_valkey(settings.replay_store, store, rules, log, settings.replay_timeout / 1000)


@asynccontextmanager
async def _kept(keeper: Keeper, interval_ms: int, patience_ms: int) -> AsyncIterator[None]:
    """Run the keeper for as long as the block runs, which begins when it knows the state of things, if it can."""
    async with background(partial(keeper.keep, interval_ms)):
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_ms / 1000):
                await keeper.has_begun.wait()
        yield


async def check_replay_store(settings: Settings, now_ms: Clock) -> int:
    """Ask Valkey, if it is used, whether it will do; return how far its clock is, in milliseconds.

    Raises ConfigurationError, StoreUnavailableError.
    """
    if not settings.replay_store:
        return 0
    try:
        from sealstamp.stores.valkey.opening import check_valkey
    except ImportError:
        raise _valkey_missing() from None
    return await check_valkey(settings.replay_store, now_ms, settings.replay_timeout / 1000)


def _valkey_missing() -> ConfigurationError:
    hint = "pip install 'sealstamp[server,valkey]'"
    return ConfigurationError("setting replay_store", "the library for Valkey is not installed", hint)


def _lock_of(settings: Settings, member: Member) -> Path:
    return Path(f"{_base_of(settings, member)}.lock")


def _folder_of(settings: Settings, member: Member) -> HostFolder:
    return HostFolder(Path(f"{_base_of(settings, member)}.shared"))


def _base_of(settings: Settings, member: Member) -> Path:
    """Return where this host's files are: beside the store's, or, for a store elsewhere, in a folder of this user's."""
    if not is_postgresql(settings.store):
        return sqlite_path(settings.store)
    if not settings.replay_store:
        problem = "services that serve from PostgreSQL must know what each of them accepted"
        raise ConfigurationError("setting replay_store", problem, "give the URL of a Valkey that they share")
    own = Path(tempfile.gettempdir()) / f"sealstamp-{os.getuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    status = own.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigurationError(str(own), "it belongs to somebody else, or others may read it", "remove it")
    return own / hashlib.sha256(f"{settings.store}\0{member.service}".encode()).hexdigest()[:16]
