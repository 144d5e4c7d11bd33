"""Keeps the newest snapshot of the store at hand, and knows when it is too old to trust."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from sealstamp.errors import SealstampError, StoreUnavailableError
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.snapshot import Snapshot, renew_snapshot, take_snapshot
from sealstamp.server.bell import Bell
from sealstamp.server.logs import Log

_REST_S: Final = 0.01
"""Between two refreshes, however fast changes come."""


class Directory:
    """The current snapshot.

    ``monotonic_ns`` is a clock that only goes forward, in nanoseconds. ``refresh`` asks the store whether it changed;
    ``current`` refuses once no such answer came for ``max_staleness_ms``, so that a key revoked meanwhile is refused.
    """

    def __init__(
        self,
        store: KeyStore,
        sealer: Sealer,
        log: Log,
        monotonic_ns: Callable[[], int],
        *,
        max_staleness_ms: int,
        max_cached_keys: int,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._log = log
        self._monotonic_ns = monotonic_ns
        self._max_staleness_ns = max_staleness_ms * 1_000_000
        self._trusted_until_ns = monotonic_ns() + self._max_staleness_ns
        self._cache = KeyCache(max_cached_keys)
        self._snapshot = take_snapshot(store, sealer, self._cache)
        self._tell()

    def current(self) -> Snapshot:
        """Return the newest snapshot. Raises StoreUnavailableError when it is too old."""
        if self._monotonic_ns() > self._trusted_until_ns:
            raise StoreUnavailableError("the store has not answered for too long")
        return self._snapshot

    def refresh(self) -> None:
        """Take in what has changed in the store. Blocks; raises what the store raises."""
        asked_ns = self._monotonic_ns()
        before = self._snapshot
        self._snapshot = renew_snapshot(before, self._store, self._sealer, self._cache)
        self._trusted_until_ns = asked_ns + self._max_staleness_ns
        if self._snapshot.by_name is not before.by_name:
            self._tell()

    def _tell(self) -> None:
        for guarded in self._snapshot.by_name.values():
            if guarded.problem is not None:
                self._log.error("api_unusable", api=guarded.api.name, problem=guarded.problem)

    async def keep_fresh(self, interval_ms: int) -> None:
        """Refresh for ever, when the store says that it has changed, and every ``interval_ms`` in any case.

        A failure is logged and tried again, and in the end makes ``current`` refuse.
        """
        async with Bell(self._store.open_feed, self._log) as bell:
            while True:
                await bell.wait(interval_ms / 1000)
                try:
                    await asyncio.to_thread(self.refresh)
                except SealstampError as error:
                    self._log.error("store_refresh_failed", problem=str(error))
                await asyncio.sleep(_REST_S)
