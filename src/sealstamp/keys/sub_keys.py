"""Sub keys: what is left of a key that a distributor has issued, by what the distributor itself may do.

A **distributor** is a consumer with a key that has the scope ``sealstamp:distribute``, which an operator has given. It
issues keys to consumers below it. Such a sub key is kept as it was issued, and measured by the distributor's own keys
whenever it enters a cache: so whatever is taken from the distributor is taken from all of its sub keys too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sealstamp.keys.addresses import shared_networks
from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.limits import narrower, parse_rate_limit, write_rate_limit
from sealstamp.keys.rules import LATEST_MS

DISTRIBUTE: Final = "sealstamp:distribute"
"""The scope of keys whose holder may issue sub keys."""
RESERVED: Final = "sealstamp:"
"""Scopes that begin so have a meaning to Sealstamp itself; no sub key has any."""


def may_distribute(key: AccessKey) -> bool:
    """Tell whether sub keys may be issued with a key; with a sub key they may not."""
    return DISTRIBUTE in key.scopes and key.issuer is None


def measured(key: AccessKey, api: str, own: Iterable[AccessKey]) -> AccessKey:
    """Return what a sub key may do at an API, by ``own``, the active keys of its issuer.

    All are as their plans have them. One of the issuer's keys is the measure, and nothing exceeds it: of those that may
    distribute and are for the API, that which lasts longest, so that the sub key lasts as long as any of them; of
    several, that which issued it, or else the newest. Raises ConfigurationError or ValueError for what cannot be read.
    """
    distributing = [one for one in own if may_distribute(one)]
    if not distributing:
        return replace(key, status=KeyStatus.REVOKED)
    measures = [one for one in distributing if api in one.apis]
    if not measures:
        return replace(key, apis=())
    return clipped(key, max(measures, key=lambda one: (_end(one), one.id == key.issuer_key, one.created_at_ms, one.id)))


def clipped(key: AccessKey, measure: AccessKey) -> AccessKey:
    """Return ``key`` with no more than both have. Raises ConfigurationError or ValueError for what cannot be read."""
    networks = shared_networks(key.networks, measure.networks)
    return replace(
        key,
        # Without a network from which it may be used, it is for nothing: no networks at all would mean any.
        apis=() if networks is None else tuple(one for one in key.apis if one in measure.apis),
        scopes=tuple(one for one in key.scopes if one in measure.scopes and not one.startswith(RESERVED)),
        networks=networks or (),
        rate_limit=_narrower(key.rate_limit, measure.rate_limit),
        quota_day=_least(key.quota_day, measure.quota_day),
        quota_month=_least(key.quota_month, measure.quota_month),
        expires_at_ms=_least(key.expires_at_ms, measure.expires_at_ms),
    )


def _end(key: AccessKey) -> int:
    return LATEST_MS + 1 if key.expires_at_ms is None else key.expires_at_ms


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _narrower(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one or other
    return write_rate_limit(narrower(parse_rate_limit("rate_limit", one), parse_rate_limit("rate_limit", other)))
