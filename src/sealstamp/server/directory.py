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

    ``monotonic_ms`` is a clock that only goes forward, in milliseconds. ``refresh`` asks the store whether it changed;
    ``current`` refuses once no such answer came for ``max_staleness_ms``, so that a key revoked meanwhile is refused.
    """

    def __init__(
        self, store: KeyStore, sealer: Sealer, log: Log, monotonic_ms: Callable[[], int], max_staleness_ms: int
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._log = log
        self._monotonic_ms = monotonic_ms
        self._max_staleness_ms = max_staleness_ms
        self._checked_ms = monotonic_ms()
        self._snapshot = take_snapshot(store, sealer)

    @property
    def current(self) -> Snapshot:
        """The newest snapshot. Raises StoreUnavailableError when it is too old."""
        if self._monotonic_ms() - self._checked_ms > self._max_staleness_ms:
            raise StoreUnavailableError("the store has not answered for too long")
        return self._snapshot

    def refresh(self) -> None:
        """Take a new snapshot if the store has changed. Blocks; raises what the store raises."""
        asked_ms = self._monotonic_ms()
        if self._store.epoch() != self._snapshot.epoch:
            self._snapshot = take_snapshot(self._store, self._sealer, self._snapshot)
        self._checked_ms = asked_ms

    async def keep_fresh(self, interval_ms: int) -> None:
        """Refresh for ever; a failure is logged and tried again, and in the end makes ``current`` refuse."""
        while True:
            await asyncio.sleep(interval_ms / 1000)
            try:
                await asyncio.to_thread(self.refresh)
            except SealstampError as error:
                self._log.error("store_refresh_failed", problem=str(error))
