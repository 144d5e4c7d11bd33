"""What counts of a key and of those who hold it, once their plans have had their say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.plans import Plan, consumer_on_plan, key_on_plan


class PlanSource(Protocol):
    """Where the plans are."""

    def find_plan(self, name: str) -> Plan | None:
        """Return the plan with exactly this name, or None."""


def in_force(key: AccessKey, line: Sequence[Consumer], plans: PlanSource) -> tuple[AccessKey, Sequence[Consumer]]:
    """Return a key, and its consumer and those above it, with what their plans give them.

    A key is on its own plan, or else on its consumer's. Raises StoreUnavailableError for a plan that is not there:
    without its limits nobody may be let in.
    """
    plan = key.plan or (line[0].plan if line else None)
    counted = key if plan is None else key_on_plan(key, _get(plan, plans))
    return counted, [one if one.plan is None else consumer_on_plan(one, _get(one.plan, plans)) for one in line]


def _get(name: str, plans: PlanSource) -> Plan:
    plan = plans.find_plan(name)
    if plan is None:
        raise StoreUnavailableError(f"there is no plan {name!r}, which somebody is on")
    return plan
