"""One process's part in quotas: it uses shares that it holds, and asks the store for more before they are used up.

Whoever finds a share empty waits until the store has answered, for all that wait at once; everybody else waits for
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

from sealstamp.errors import QuotaExceededError, StoreUnavailableError
from sealstamp.keys.ports import UsageLedger
from sealstamp.keys.quotas import Ask, Quota, Share, Shares
from sealstamp.server.background import background
from sealstamp.server.logs import Log
from sealstamp.server.metrics import Metrics, Tally

IDLE_S = 5.0
"""What was not used for so long, up to twice as long, is given back."""


class QuotaBook:
    """Uses quotas. Times are Unix milliseconds."""

    def __init__(self, ledger: UsageLedger, metrics: Metrics, log: Log) -> None:
        self._ledger = ledger
        self._metrics = metrics
        self._log = log
        self._shares = Shares()
        self._asked: dict[Share, asyncio.Future[None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._now_ms = 0

    def __len__(self) -> int:
        """Return how many shares this process holds."""
        return len(self._shares)

    def use(self, quotas: Sequence[Quota], now_ms: int) -> Awaitable[None] | None:
        """Use one request of each quota: at once, or by what is to be awaited.

        Raises QuotaExceededError, then or now; StoreUnavailableError where nobody can tell.
        """
        self._now_ms = max(self._now_ms, now_ms)
        shares = [self._shares.of(quota, now_ms) for quota in quotas]
        if not all(share.left for share in shares):
            return self._use_later(quotas, now_ms)
        self._take(shares, now_ms)
        return None

    def give_back(self, quotas: Sequence[Quota], now_ms: int) -> None:
        """Take back a use that was counted at ``now_ms``: its request was refused after all."""
        for quota in quotas:
            self._shares.of(quota, now_ms).left += 1

    async def _use_later(self, quotas: Sequence[Quota], now_ms: int) -> None:
        while True:
            shares = [self._shares.of(quota, now_ms) for quota in quotas]
            empty = [share for share in shares if not share.left]
            if not empty:
                return self._take(shares, now_ms)
            for share in empty:
                if now_ms < share.none_until_ms:
                    raise _exceeded(share, now_ms)
            await asyncio.shield(self._ask(empty[0]))

    def _take(self, shares: Sequence[Share], now_ms: int) -> None:
        for share in shares:
            share.use()
            if share.left <= share.low and now_ms >= share.none_until_ms:
                self._ask(share)

    def _ask(self, share: Share) -> asyncio.Future[None]:
        """Ask for more, together with whoever else asks."""
        asked = self._asked.get(share)
        if asked is None:
            asked = self._asked[share] = asyncio.get_running_loop().create_future()
            asked.add_done_callback(lambda done: done.exception())  # nobody may be waiting for it
            share.is_asked = True
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask_all())
        return asked

    async def _ask_all(self) -> None:
        try:
            while asked := self._asked:
                self._asked = {}
                await self._ask_some(asked)
        finally:
            self._asking = None

    async def _ask_some(self, asked: dict[Share, asyncio.Future[None]]) -> None:
        self._metrics.add(Tally.QUOTA_ASKS)
        problem: Exception | None = None
        granted: Sequence[int] = [0] * len(asked)
        try:
            granted = await asyncio.to_thread(self._ledger.take_quotas, [share.ask() for share in asked])
        except StoreUnavailableError as error:
            self._metrics.add(Tally.QUOTA_FAILURES)
            problem = error
        for (share, done), more in zip(asked.items(), granted, strict=True):
            share.is_asked = False
            if problem is None:
                share.grant(more, self._now_ms)  # later than whoever waits came, so that they see it
                done.set_result(None)
            else:
                done.set_exception(problem)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Give back what is idle for as long as the block runs, and at its end everything."""
        try:
            async with background(self._leave_idle):
                yield
        finally:
            if self._asking is not None:
                await self._asking
            await self._leave(self._shares.leave_all())

    async def _leave_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE_S)
            await self._leave(self._shares.leave_idle())

    async def _leave(self, asks: Sequence[Ask]) -> None:
        """Give back. If the store cannot be told, what was held stays taken: nobody knows how much it has noted."""
        if asks:
            try:
                await asyncio.to_thread(self._ledger.take_quotas, asks)
            except StoreUnavailableError as error:
                held = -sum(ask.wanted for ask in asks)
                self._log.warning("quotas_not_given_back", requests=held, problem=str(error))


def _exceeded(share: Share, now_ms: int) -> QuotaExceededError:
    quota, span = share.quota, share.span
    detail = f"the quota of {quota.amount} a {quota.period} is used up: {quota.subject}"
    return QuotaExceededError(
        span.ends_at_ms - now_ms,
        detail,
        limit=quota.period,
        amount=quota.amount,
        per_ms=span.ends_at_ms - span.starts_at_ms,
    )
