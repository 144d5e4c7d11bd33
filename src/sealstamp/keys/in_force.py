"""What counts of a key and of those who hold it, once their plans have had their say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.plans import Plan, consumer_on_plan, key_on_plan
from sealstamp.keys.sub_keys import measured


@dataclass(frozen=True, slots=True)
class HeldKey:
    """An access key as a store has it, with all that says what it may do, as of one moment.

    ``line`` is its consumer and those above it, itself first. Of a sub key, ``issuer_keys`` are its issuer's own
    active keys. ``plans`` are those that any of them all is on, by name.
    """

    key: AccessKey
    line: Sequence[Consumer]
    plans: Mapping[str, Plan] = field(default_factory=dict)
    issuer_keys: Sequence[AccessKey] = ()


def in_force(held: HeldKey) -> tuple[AccessKey, Sequence[Consumer]]:
    """Return a key, and its consumer and those above it, with what their plans give them.

    A key is on its own plan, or else on its consumer's. Raises StoreUnavailableError for a plan that is not there:
    without its limits nobody may be let in.
    """
    key, line, plans = held.key, held.line, held.plans
    counted = _on_plan(key, key.plan or (line[0].plan if line else None), plans)
    return counted, [one if one.plan is None else consumer_on_plan(one, _get(one.plan, plans)) for one in line]


def in_force_at(held: HeldKey, api: str) -> tuple[AccessKey, Sequence[Consumer]]:
    """Return what ``in_force`` does, and of a sub key no more than its issuer's own keys may do at an API.

    An issuer that no longer stands above its sub key has no say, and the sub key may be used no longer. Raises as
    ``in_force`` does, and ConfigurationError or ValueError for limits that cannot be read.
    """
    key, line = in_force(held)
    if key.issuer is None:
        return key, line
    issuer = next((one for one in held.line[1:] if one.name == key.issuer), None)
    own = [] if issuer is None else [_on_plan(one, one.plan or issuer.plan, held.plans) for one in held.issuer_keys]
    return measured(key, api, own), line


def _on_plan(key: AccessKey, plan: str | None, plans: Mapping[str, Plan]) -> AccessKey:
    return key if plan is None else key_on_plan(key, _get(plan, plans))


def _get(name: str, plans: Mapping[str, Plan]) -> Plan:
    plan = plans.get(name)
    if plan is None:
        raise StoreUnavailableError(f"there is no plan {name!r}, which somebody is on")
    return plan
