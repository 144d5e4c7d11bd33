"""Plans: named sets of scopes, limits and quotas, so that what many keys may do is changed in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sealstamp.keys.attributes import Check, check_amount, check_properties, check_rate_limit, check_scopes
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.rules import check_name


@dataclass(frozen=True, slots=True)
class Plan:
    """What keys get that are on it, or whose consumer is; None is no limit.

    ``rate_limit`` and the quotas are each key's own. ``consumer_quota_month`` is shared by all keys of a consumer on
    the plan and of those below it. A consumer on the plan that issues sub keys may issue ``max_sub_keys`` together, and
    put its customers on ``sub_plans``. ``version`` grows by one with each change.
    """

    name: str
    scopes: tuple[str, ...] = ()
    rate_limit: str | None = None
    quota_day: int | None = None
    quota_month: int | None = None
    consumer_quota_month: int | None = None
    max_sub_keys: int | None = None
    sub_plans: tuple[str, ...] = ()
    version: int = 1


def key_on_plan(key: AccessKey, plan: Plan) -> AccessKey:
    """Return ``key`` with what ``plan`` gives: its scopes too, and its limits where the key has none of its own."""
    return replace(
        key,
        scopes=tuple(sorted({*key.scopes, *plan.scopes})),
        rate_limit=plan.rate_limit if key.rate_limit is None else key.rate_limit,
        quota_day=plan.quota_day if key.quota_day is None else key.quota_day,
        quota_month=plan.quota_month if key.quota_month is None else key.quota_month,
    )


def consumer_on_plan(consumer: Consumer, plan: Plan) -> Consumer:
    """Return ``consumer`` with the limits of ``plan`` where it has none of its own."""
    return replace(
        consumer,
        max_sub_keys=plan.max_sub_keys if consumer.max_sub_keys is None else consumer.max_sub_keys,
        quota_month=plan.consumer_quota_month if consumer.quota_month is None else consumer.quota_month,
    )


def check_plan(plan: Plan) -> Plan:
    """Return the plan with its lists in order and nothing twice. Raises ConfigurationError, which names the field."""
    given = {name: getattr(plan, name) for name in _CHECKS}
    return replace(plan, **check_properties(given, _CHECKS))


def _check_names(place: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({check_name(place, name) for name in names}))


_CHECKS: Final[Mapping[str, Check]] = {
    "name": check_name,
    "scopes": check_scopes,
    "rate_limit": check_rate_limit,
    "quota_day": check_amount,
    "quota_month": check_amount,
    "consumer_quota_month": check_amount,
    "max_sub_keys": check_amount,
    "sub_plans": _check_names,
}
