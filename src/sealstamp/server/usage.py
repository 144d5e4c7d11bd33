"""What is used, counted in memory and written to the store in batches, off the way of requests.

A process that is killed loses what it counted since it last wrote: at most ``usage_interval``, and one writing. Who is
asked to end writes the rest.

Only who signed rightly is counted by key, so neither memory nor tables grow by what strangers send. While the store
takes nothing, counts are kept for up to MAX_COUNTS combinations of hour, API, key and reason; what is beyond is
dropped, and counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from sealstamp.core.verifier import BoundKey
from sealstamp.errors import Reason, StoreUnavailableError
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.ports import UsageLedger
from sealstamp.keys.usage import HOUR_MS, NOBODY, LastUse, Usage
from sealstamp.server.background import background
from sealstamp.server.logs import Log
from sealstamp.server.metrics import Metrics, Tally

MAX_COUNTS: Final = 200_000
PART: Final = 2_000
"""So many rows are written in one transaction, and forgotten in one."""
_Counted = tuple[int, str, str, str]
_ACCEPTED: Final = Reason.ACCEPTED.value


class _Use:
    """How often a key was used at an API since the last writing, and how the last time."""

    __slots__ = ("address", "api", "at_ms", "requests")

    def __init__(self, api: str) -> None:
        self.api = api
        self.requests = 0
        self.at_ms = 0
        self.address: ClientAddress | None = None


class UsageBook:
    """Counts what is used. Times are Unix milliseconds.

    ``interval_ms`` is how often it is written, ``keep_ms`` how long usage is kept in the store.
    """

    def __init__(
        self,
        ledger: UsageLedger,
        metrics: Metrics,
        log: Log,
        now_ms: Callable[[], int],
        *,
        interval_ms: int,
        keep_ms: int,
    ) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._log = log
        self._now_ms = now_ms
        self._interval_ms = interval_ms
        self._keep_ms = keep_ms
        self._began_ms = now_ms()
        self._uses: dict[BoundKey, _Use] = {}
        self._refused: Counter[tuple[str, str, str]] = Counter()
        self._counts: Counter[_Counted] = Counter()
        self._last: dict[str, LastUse] = {}
        self._writing = asyncio.Lock()

    def __len__(self) -> int:
        """Return how many counts wait to be written."""
        return len(self._uses) + len(self._refused) + len(self._counts)

    def accepted(self, key: BoundKey, api: str, address: ClientAddress | None, now_ms: int) -> bool:
        """Count a use; tell whether the key was not used from there at this API just before."""
        use = self._uses.get(key)
        if use is None:
            use = self._uses[key] = _Use(api)
        use.requests += 1
        use.at_ms = now_ms
        if use.address is address:
            return False
        use.address = address
        return True

    def refused(self, api: str, reason: str, signed_by: str | None) -> None:
        """Count a refusal; ``signed_by`` is the key whose signature was right, if one was."""
        self._refused[api, signed_by or NOBODY, reason] += 1

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write what is counted for as long as the block runs, and the rest at its end."""
        try:
            async with background(self._keep_writing):
                yield
        finally:
            await self.write()

    async def _keep_writing(self) -> None:
        forget_at_ms = 0
        while True:
            now_ms = self._now_ms()
            # An hour's counts are written when it ends, for those of two hours cannot be told apart.
            await asyncio.sleep(min(self._interval_ms, HOUR_MS - now_ms % HOUR_MS) / 1000)
            await asyncio.shield(self.write())  # once begun it goes on, or a batch could be written twice
            if now_ms >= forget_at_ms:
                forget_at_ms = now_ms + HOUR_MS
                await self._forget(now_ms)

    async def write(self) -> None:
        """Write what was counted so far; what the store does not take stays for the next time."""
        async with self._writing:
            self._gather()
            try:
                while self._counts or self._last:
                    await self._write_some()
            except StoreUnavailableError as error:
                self._metrics.add(Tally.USAGE_FAILURES)
                self._log.warning("usage_not_written", counts=len(self._counts), problem=str(error))

    def _gather(self) -> None:
        """Add what was counted since the last time to what waits to be written, under the hour in which it began."""
        uses, refused = self._uses, self._refused
        hour_ms = self._began_ms - self._began_ms % HOUR_MS
        self._uses, self._refused, self._began_ms = {}, Counter(), self._now_ms()
        for key, use in uses.items():
            access_key_id = key.principal.access_key_id
            self._add((hour_ms, use.api, access_key_id, _ACCEPTED), use.requests)
            last = LastUse(access_key_id, use.at_ms, use.api, use.address and use.address.text)
            self._note(last)
        for (api, access_key_id, reason), requests in refused.items():
            self._add((hour_ms, api, access_key_id, reason), requests)

    def _add(self, counted: _Counted, requests: int) -> None:
        if len(self._counts) < MAX_COUNTS or counted in self._counts:
            self._counts[counted] += requests
        else:
            self._metrics.add(Tally.USAGE_DROPPED, requests)

    def _note(self, last: LastUse) -> None:
        known = self._last.get(last.access_key_id)
        if (known is None and len(self._last) < MAX_COUNTS) or (known is not None and known.at_ms < last.at_ms):
            self._last[last.access_key_id] = last

    async def _write_some(self) -> None:
        counts = dict(islice(self._counts.items(), PART))
        last = dict(islice(self._last.items(), PART))
        rows = [Usage(*counted, requests) for counted, requests in counts.items()]
        await asyncio.to_thread(self._ledger.add_usage, rows, list(last.values()))
        self._metrics.add(Tally.USAGE_WRITTEN, sum(counts.values()))
        for counted in counts:
            del self._counts[counted]
        for access_key_id in last:
            del self._last[access_key_id]

    async def _forget(self, now_ms: int) -> None:
        try:
            while await asyncio.to_thread(self._ledger.forget_usage, now_ms - self._keep_ms, PART):
                pass
            await asyncio.to_thread(self._ledger.forget_quotas, now_ms - self._keep_ms)
        except StoreUnavailableError as error:
            self._log.warning("usage_not_forgotten", problem=str(error))
