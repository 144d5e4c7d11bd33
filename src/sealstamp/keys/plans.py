"""Plans: named sets of scopes, limits and quotas, so that what many keys may do is changed in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.domain import AccessKey
from sealstamp.keys.limits import parse_rate_limit
from sealstamp.keys.rules import check_name

MOST_AMOUNT: Final = 10**15
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # RFC 6749, section 3.3


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


def on_plan(key: AccessKey, plan: Plan) -> AccessKey:
    """Return ``key`` with what ``plan`` gives: its scopes too, and its limits where the key has none of its own."""
    return replace(
        key,
        scopes=tuple(sorted({*key.scopes, *plan.scopes})),
        rate_limit=plan.rate_limit if key.rate_limit is None else key.rate_limit,
        quota_day=plan.quota_day if key.quota_day is None else key.quota_day,
        quota_month=plan.quota_month if key.quota_month is None else key.quota_month,
    )


def check_plan(place: str, plan: Plan) -> Plan:
    """Return the plan with its lists in order and nothing twice. Raises ConfigurationError, which names ``place``."""
    check_name(f"{place}: name", plan.name)
    if plan.rate_limit is not None:
        parse_rate_limit(f"{place}: rate_limit", plan.rate_limit)
    for name in ("quota_day", "quota_month", "consumer_quota_month", "max_sub_keys"):
        check_amount(f"{place}: {name}", getattr(plan, name))
    for name in plan.sub_plans:
        check_name(f"{place}: sub_plans", name)
    scopes = check_scopes(f"{place}: scopes", plan.scopes)
    return replace(plan, scopes=scopes, sub_plans=tuple(sorted(set(plan.sub_plans))))


def check_scopes(place: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """Return scopes in order, none twice. Raises ConfigurationError."""
    for scope in scopes:
        if _SCOPE.fullmatch(scope) is None:
            hint = 'use 1 to 128 visible ASCII characters, no spaces, no " and no backslash'
            raise ConfigurationError(place, f"{scope!r} cannot be a scope", hint)
    return tuple(sorted(set(scopes)))


def check_amount(place: str, amount: int | None) -> int | None:
    """Return a number of requests or keys, or None for no limit. Raises ConfigurationError."""
    if amount is None or 0 <= amount <= MOST_AMOUNT:
        return amount
    raise ConfigurationError(place, f"{amount} cannot be a limit", f"give a number from 0 to {MOST_AMOUNT:,}")
