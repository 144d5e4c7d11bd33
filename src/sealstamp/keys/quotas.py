"""Quotas: how many requests a day or a month, in UTC; exact over any number of processes, and over restarts.

A process takes a share of a quota in the store before it uses it, and then counts in its memory: so the store never
knows of less than was used, whoever dies when. A share is a small part of what is left, so that one process cannot
starve the others, and gets smaller towards the end, where every request is a share of its own. What a process holds
and does not use for a while, it gives back; until then another may find nothing left. A process that is killed costs a
quota what it held. So never is more used than the quota, and at worst a few hundredths less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

PART: Final = 32
"""A share is at most this part of what is left."""
FIRST_SHARE: Final = 64
"""What is asked for at first; then as much as was used since the share before, doubled."""
MAX_SHARE: Final = 100_000
PREFETCH: Final = 8
"""From this size on a share is renewed before it is used up."""
NONE_MS: Final = 1_000
"""When a quota is used up, the store is asked again after this time: others may have given back."""


class Period(StrEnum):
    """What a quota is for."""

    DAY = "day"
    MONTH = "month"


class Quota(NamedTuple):
    """At most ``amount`` requests of ``subject`` in a period. A subject is ``key:ID`` or ``consumer:NAME``."""

    subject: str
    period: Period
    amount: int


class Span(NamedTuple):
    """One period, from ``starts_at_ms`` up to ``ends_at_ms``, in Unix milliseconds."""

    starts_at_ms: int
    ends_at_ms: int


class Ask(NamedTuple):
    """A process asks for up to ``wanted`` of a quota in a span; a negative number gives back."""

    subject: str
    span: Span
    amount: int
    wanted: int


def span_of(period: Period, now_ms: int) -> Span:
    """Return the day or the month of a moment, in UTC."""
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    first = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period is Period.DAY:
        starts_at_ms = int(first.timestamp()) * 1000
        return Span(starts_at_ms, starts_at_ms + 86_400_000)
    first = first.replace(day=1)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return Span(int(first.timestamp()) * 1000, int(after.timestamp()) * 1000)


def share_of(ask: Ask, used: int) -> int:
    """Return what a process gets that asks when so much is taken: a part of what is left, but at least one of it."""
    if ask.wanted < 0:
        return max(ask.wanted, -used)
    left = max(ask.amount - used, 0)
    return min(ask.wanted, left, max(left // PART, 1))


class Share:
    """What this process holds of one quota in one span."""

    __slots__ = ("_since", "is_asked", "left", "low", "none_until_ms", "quota", "span", "was_used")

    def __init__(self, quota: Quota, span: Span) -> None:
        self.quota = quota
        self.span = span
        self.left = 0
        self.low = -1
        """With so few left it is time to ask for more; of a small share, only when somebody waits for it."""
        self.none_until_ms = 0
        """The store had none left; it is not asked again before."""
        self.is_asked = False
        self.was_used = True
        self._since = 0

    def use(self) -> None:
        """Use one of what is left."""
        self.left -= 1
        self._since += 1
        self.was_used = True

    def ask(self) -> Ask:
        """Return what to ask for: twice of what was used since the last time."""
        wanted = min(max(2 * self._since, FIRST_SHARE), MAX_SHARE)
        return Ask(self.quota.subject, self.span, self.quota.amount, wanted)

    def grant(self, granted: int, now_ms: int) -> None:
        """Take in what came of ``ask``."""
        self.left += granted
        self.low = granted // 4 if granted >= PREFETCH else -1
        self.none_until_ms = 0 if granted else now_ms + NONE_MS
        self._since = 0

    def leave(self) -> Ask:
        """Return what gives everything back."""
        ask = Ask(self.quota.subject, self.span, self.quota.amount, -self.left)
        self.left = 0
        return ask


class Shares:
    """The shares that this process holds; for one thread. Times are Unix milliseconds."""

    def __init__(self) -> None:
        self._shares: dict[tuple[str, Period], Share] = {}
        self._spans = {period: Span(0, 0) for period in Period}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._shares)

    def of(self, quota: Quota, now_ms: int) -> Share:
        """Return the share of a quota for now; a new one is empty."""
        span = self._spans[quota.period]
        if not span.starts_at_ms <= now_ms < span.ends_at_ms:
            span = self._spans[quota.period] = span_of(quota.period, now_ms)
        share = self._shares.get(quota[:2])
        if share is None or share.span is not span:
            share = self._shares[quota[:2]] = Share(quota, span)
        elif share.quota.amount != quota.amount:  # an operator has changed it
            share.quota = quota
            share.none_until_ms = 0
        return share

    def leave_idle(self) -> Sequence[Ask]:
        """Forget the shares that were not used since the last call, and return what gives them back."""
        idle = [name for name, share in self._shares.items() if not share.was_used and not share.is_asked]
        for share in self._shares.values():
            share.was_used = False
        return self._leave(idle)

    def leave_all(self) -> Sequence[Ask]:
        """Forget every share, and return what gives them back."""
        return self._leave(list(self._shares))

    def _leave(self, names: Iterable[tuple[str, Period]]) -> Sequence[Ask]:
        left = [self._shares.pop(name) for name in names]
        return [share.leave() for share in left if share.left]
