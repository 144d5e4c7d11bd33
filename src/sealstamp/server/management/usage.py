"""``/v1/usage``: how many requests there were, by hour, API, key and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sealstamp.keys import usage as domain
from sealstamp.keys.operators import Role
from sealstamp.keys.usage import UsageBy, UsageFilter
from sealstamp.resources.common import moment_of, ms_of
from sealstamp.resources.usage import UsageQuery, UsageSum, UsageSums
from sealstamp.server.management.operations import Call, Operation, Reply
from sealstamp.server.management.paging import page_of


def sum_usage(call: Call[UsageQuery, None], issuer: str | None = None) -> Reply:
    """Add up usage; only that of the sub keys that ``issuer`` has issued, if one is given."""
    asked = call.query
    by = tuple(dict.fromkeys(UsageBy(word) for word in (asked.by or "").split(",") if word))
    chosen = UsageFilter(
        since_ms=ms_of(asked.since) or 0,
        until_ms=ms_of(asked.until),
        api=asked.api,
        access_key_id=asked.access_key_id,
        consumer=asked.consumer,
        issuer=issuer,
    )
    sums = list(enumerate(call.services.store.sum_usage(chosen, by)))
    items, cursor = page_of(call, lambda after, _: sums[int(after) + 1 if after else 0 :], lambda one: str(one[0]))
    return Reply(UsageSums(items=[_told(one, by) for _, one in items], next_cursor=cursor))


def _told(one: domain.UsageSum, by: Sequence[UsageBy]) -> UsageSum:
    facts: dict[str, Any] = {}
    for kind, value in zip(by, one.of, strict=True):
        if kind in (UsageBy.HOUR, UsageBy.DAY):
            facts[kind] = moment_of(int(value))
        else:
            facts["access_key_id" if kind is UsageBy.ACCESS_KEY else kind.value] = str(value)
    return UsageSum(requests=one.requests, **facts)


OPERATIONS = (
    Operation(
        *("sum_usage", "GET", "/v1/usage", "Add up how many requests there were", Role.VIEWER, sum_usage),
        query=UsageQuery,
        gives=UsageSums,
    ),
)
