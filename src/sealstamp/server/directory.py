"""Keeps the newest snapshot of the store at hand, and knows when it is too old to trust."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sealstamp.errors import SealstampError, StoreUnavailableError
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.snapshot import Snapshot, take_snapshot
from sealstamp.server.logs import Log


class Directory:
    """The current snapshot.

    ``monotonic_ns`` is a clock that only goes forward, in nanoseconds. ``refresh`` asks the store whether it changed;
    ``current`` refuses once no such answer came for ``max_staleness_ms``, so that a key revoked meanwhile is refused.
    """

    def __init__(
        self, store: KeyStore, sealer: Sealer, log: Log, monotonic_ns: Callable[[], int], max_staleness_ms: int
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._log = log
        self._monotonic_ns = monotonic_ns
        self._max_staleness_ns = max_staleness_ms * 1_000_000
        self._trusted_until_ns = monotonic_ns() + self._max_staleness_ns
        self._snapshot = self._take(None)

    def current(self) -> Snapshot:
        """Return the newest snapshot. Raises StoreUnavailableError when it is too old."""
        if self._monotonic_ns() > self._trusted_until_ns:
            raise StoreUnavailableError("the store has not answered for too long")
        return self._snapshot

    def refresh(self) -> None:
        """Take a new snapshot if the store has changed. Blocks; raises what the store raises."""
        asked_ns = self._monotonic_ns()
        if self._store.epoch() != self._snapshot.epoch:
            self._snapshot = self._take(self._snapshot)
        self._trusted_until_ns = asked_ns + self._max_staleness_ns

    def _take(self, before: Snapshot | None) -> Snapshot:
        snapshot = take_snapshot(self._store, self._sealer, before)
        for guarded in snapshot.by_name.values():
            if guarded.problem is not None:
                self._log.error("api_unusable", api=guarded.api.name, problem=guarded.problem)
        return snapshot

    async def keep_fresh(self, interval_ms: int) -> None:
        """Refresh for ever; a failure is logged and tried again, and in the end makes ``current`` refuse."""
        while True:
            await asyncio.sleep(interval_ms / 1000)
            try:
                await asyncio.to_thread(self.refresh)
            except SealstampError as error:
                self._log.error("store_refresh_failed", problem=str(error))
