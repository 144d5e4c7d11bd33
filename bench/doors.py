"""A door with a store in a file, without a server around it: for benchmarks of what a decision takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.keys.acts.access_keys import import_pair
from sealstamp.keys.acts.act import Act
from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.limits import MemoryRates, RateLimit
from sealstamp.keys.ports import RateLimiter
from sealstamp.keys.replay import MemoryReplayGuard
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.keys.snapshot import GuardedApi, take_snapshot
from sealstamp.keys.throttling import FailureThrottle
from sealstamp.schemes import get_scheme
from sealstamp.server.attempts import Attempts
from sealstamp.server.door import Door
from sealstamp.server.limiting import Limiter
from sealstamp.server.logs import make_log
from sealstamp.server.metrics import Metrics
from sealstamp.server.quotas import QuotaBook
from sealstamp.server.records import Records
from sealstamp.server.usage import UsageBook
from sealstamp.stores.host.counters import HostCounters
from sealstamp.stores.sql import SqlStore, open_store

SCHEME = "stardust"
ENDLESS = RateLimit(1_000_000_000, 60_000)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Bench:
    """An API, its door, and keys on any terms."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self._sealer = Sealer(SealingKey.of(b"k" * 32))
        store.put_api(Api("bench", "*", "/", (SchemeChoice(SCHEME),)))
        store.put_consumer(Consumer("bench"))

    def add_key(self, name: str, **terms: object) -> Credential:
        """Import a pair, and put the key on ``terms``."""
        import secrets

        pair = Credential.of(name, secrets.token_hex(16))
        act = Act(self.store, self._sealer, "bench", None, now_ms(), secrets.choice)
        import_pair(act, pair, consumer="bench", apis=("bench",))
        self.store.update_access_key(replace(self.store.get_access_key(name), **terms))  # type: ignore[arg-type]
        return pair

    def open(self, rates: RateLimiter | None = None) -> tuple[Door, GuardedApi]:
        """Return a door and the API, with no key in memory yet."""
        log, metrics = make_log("error"), Metrics(HostCounters(None), 0)
        quotas = QuotaBook(self.store, metrics, log)
        usage = UsageBook(self.store, metrics, log, now_ms, interval_ms=3_600_000, keep_ms=3_600_000)
        limiter = Limiter(rates or MemoryRates(1_000_000), quotas)
        attempts = Attempts(FailureThrottle(ENDLESS, ENDLESS, ENDLESS))
        replay = MemoryReplayGuard(now_ms() - 60_000, self.store)
        door = Door(replay, attempts, limiter, Records(metrics, usage, log), now_ms)
        return door, take_snapshot(self.store, self._sealer, KeyCache(1_000_000)).by_name["bench"]


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    with closing(open_store(f"sqlite:///{folder}/bench.sqlite3")) as store:
        yield Bench(store)


def signed(pair: Credential) -> Request:
    request = Request(b"POST", b"/orders?page=2", [(b"host", b"api.example.com"), (b"user-agent", b"client/1.0")])
    return Signer(get_scheme(SCHEME), pair).sign(request, time_ms=now_ms()).apply(request)
