"""The door of one process with everything that is behind it, open: the store, the keys, limits, quotas and records."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from sealstamp.keys.sealing import Sealer
from sealstamp.keys.throttling import FailureThrottle
from sealstamp.server.asserting import Asserter
from sealstamp.server.attempts import Attempts
from sealstamp.server.background import background
from sealstamp.server.clock import now_ms
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.life import Companion
from sealstamp.server.limiting import Limiter
from sealstamp.server.locating import Locator
from sealstamp.server.logs import Log
from sealstamp.server.metrics import Metrics
from sealstamp.server.opening import open_key_store, open_sealer
from sealstamp.server.quotas import QuotaBook
from sealstamp.server.records import Records
from sealstamp.server.settings import Settings
from sealstamp.server.sharing import Member, Shared, sharing
from sealstamp.server.trust import Trust
from sealstamp.server.usage import UsageBook
from sealstamp.stores.sql import SqlStore


@dataclass(frozen=True)
class Doorway:
    """``companions`` must run beside the requests, in the one event loop in which the door is asked."""

    door: Door
    directory: Directory
    locator: Locator
    trust: Trust
    store: SqlStore
    sealer: Sealer
    shared: Shared
    metrics: Metrics
    companions: tuple[Companion, ...]

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while nothing can be decided."""
        self.directory.current()
        self.shared.replay.check()
        self.shared.rates.check()


def open_doorway(
    settings: Settings, member: Member, resources: ExitStack, log: Log, asserter: Asserter | None = None
) -> Doorway:
    """Open what the settings name; ``resources`` has it closed. Raises ConfigurationError, StoreUnavailableError."""
    store = open_key_store(settings)
    resources.callback(store.close)
    shared = resources.enter_context(sharing(settings, member, store, now_ms, log))
    sealer = open_sealer(settings)
    directory = _directory(settings, store, sealer, log)
    metrics, trust = Metrics(shared.counters, shared.began_ms / 1000), Trust(settings.trusted_addresses)
    usage = UsageBook(store, metrics, log, now_ms, interval_ms=settings.usage_interval, keep_ms=settings.usage_kept)
    quotas = QuotaBook(store, metrics, log)
    limiter, records = Limiter(shared.rates, quotas), Records(metrics, usage, log)
    door = Door(shared.replay, _attempts(settings), limiter, records, now_ms, asserter)
    locator = Locator(trust, settings.client_address_header)
    fresh = background(partial(directory.keep_fresh, settings.refresh_interval))
    companions = (fresh, usage.kept(), quotas.held(), *shared.companions)
    return Doorway(door, directory, locator, trust, store, sealer, shared, metrics, companions)


def _directory(settings: Settings, store: SqlStore, sealer: Sealer, log: Log) -> Directory:
    return Directory(
        store,
        sealer,
        log,
        time.monotonic_ns,
        max_staleness_ms=settings.max_staleness,
        max_cached_keys=settings.max_cached_keys,
    )


def _attempts(settings: Settings) -> Attempts:
    return Attempts(
        FailureThrottle(
            settings.failures_from_address, settings.failures_for_key, under_attack=settings.failures_under_attack
        )
    )
