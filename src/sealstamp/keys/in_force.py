"""What counts of a key and of those who hold it, once their plans have had their say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.plans import Plan, consumer_on_plan, key_on_plan


@dataclass(frozen=True, slots=True)
class HeldKey:
    """An access key as a store has it, with all that says what it may do, as of one moment.

    ``line`` is its consumer and those above it, itself first; ``plans`` are those that any of them is on, by name.
    """

    key: AccessKey
    line: Sequence[Consumer]
    plans: Mapping[str, Plan] = field(default_factory=dict)


def in_force(held: HeldKey) -> tuple[AccessKey, Sequence[Consumer]]:
    """Return a key, and its consumer and those above it, with what their plans give them.

    A key is on its own plan, or else on its consumer's. Raises StoreUnavailableError for a plan that is not there:
    without its limits nobody may be let in.
    """
    key, line, plans = held.key, held.line, held.plans
    plan = key.plan or (line[0].plan if line else None)
    counted = key if plan is None else key_on_plan(key, _get(plan, plans))
    return counted, [one if one.plan is None else consumer_on_plan(one, _get(one.plan, plans)) for one in line]


def _get(name: str, plans: Mapping[str, Plan]) -> Plan:
    plan = plans.get(name)
    if plan is None:
        raise StoreUnavailableError(f"there is no plan {name!r}, which somebody is on")
    return plan
