"""How much a key may be used: its rate, then its quotas. What was counted for a refused request is taken back."""

from __future__ import annotations

from collections.abc import Awaitable

from sealstamp.errors import QuotaExceededError, RateLimitedError, StoreUnavailableError
from sealstamp.keys.limits import RateLimit
from sealstamp.keys.ports import RateLimiter
from sealstamp.keys.terms import Terms
from sealstamp.server.quotas import QuotaBook


class Limiter:
    """Asks a RateLimiter, then the quotas. Times are Unix milliseconds."""

    def __init__(self, rates: RateLimiter, quotas: QuotaBook) -> None:
        self._rates = rates
        self._quotas = quotas

    def take(self, terms: Terms, now_ms: int) -> Awaitable[None] | None:
        """Count one request: at once, or by what is to be awaited.

        Raises RateLimitedError or QuotaExceededError, then or now; StoreUnavailableError where nobody can tell.
        """
        if terms.rate is not None:
            wait_ms = self._rates.hit(terms.name, terms.rate, now_ms)
            if not isinstance(wait_ms, int):
                return self._take_later(terms, wait_ms, now_ms)
            if wait_ms:
                raise _limited(terms, wait_ms)
        return self._use(terms, now_ms)

    async def _take_later(self, terms: Terms, answer: Awaitable[int], now_ms: int) -> None:
        if wait_ms := await answer:
            raise _limited(terms, wait_ms)
        if used := self._use(terms, now_ms):
            await used

    def _use(self, terms: Terms, now_ms: int) -> Awaitable[None] | None:
        used = self._quotas.use(terms.quotas, now_ms) if terms.quotas else None
        return used if used is None or terms.rate is None else self._or_give_back(used, terms, terms.rate, now_ms)

    async def _or_give_back(self, used: Awaitable[None], terms: Terms, rate: RateLimit, now_ms: int) -> None:
        """Take back what the rate counted where a quota refuses, for what is refused uses nothing."""
        try:
            await used
        except (QuotaExceededError, StoreUnavailableError):
            self._rates.give_back(terms.name, rate, now_ms)
            raise

    def give_back(self, terms: Terms, now_ms: int) -> None:
        """Take back what ``take`` counted at ``now_ms``."""
        if terms.rate is not None:
            self._rates.give_back(terms.name, terms.rate, now_ms)
        self._quotas.give_back(terms.quotas, now_ms)


def _limited(terms: Terms, wait_ms: int) -> RateLimitedError:
    assert terms.rate is not None  # noqa: S101  # nobody asks otherwise
    amount, per_ms = terms.rate
    detail = f"access key {terms.name} made more than {amount} requests in {per_ms // 1000} s"
    return RateLimitedError(wait_ms, detail, limit="rate", amount=amount, per_ms=per_ms)
