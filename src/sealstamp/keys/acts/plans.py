"""Plans: made, changed for all that are on them, and deleted when nobody is."""

from __future__ import annotations

from dataclasses import replace

from sealstamp.errors import KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.documents import plan_document
from sealstamp.keys.plans import Plan, check_plan


def create(act: Act, plan: Plan) -> Plan:
    """Make a plan. Raises ConfigurationError, NotFoundError for a sub plan, KeyStateError when the name is taken."""
    made = replace(check_plan(plan), version=1)
    with act.store.transaction():
        if act.store.find_plan(made.name) is not None:
            raise KeyStateError(f"there is a plan {made.name!r} already")
        _check_sub_plans(act, made)
        act.store.put_plan(made)
        act.record("plan.create", made.name, None, plan_document(made))
    return made


def update(act: Act, plan: Plan) -> Plan:
    """Put ``plan`` in place of the one with its name; keys on it have the new limits at once.

    Raises ConfigurationError, NotFoundError, StaleVersionError.
    """
    wanted = check_plan(plan)
    with act.store.transaction():
        before = act.store.get_plan(plan.name)
        act.check_version(f"plan {plan.name!r}", before.version)
        after = replace(wanted, version=before.version)
        if after == before:
            return before
        _check_sub_plans(act, wanted)
        after = replace(after, version=before.version + 1)
        act.store.put_plan(after)
        act.record("plan.update", plan.name, plan_document(before), plan_document(after))
    return after


def delete(act: Act, name: str) -> None:
    """Forget a plan. Raises NotFoundError, StaleVersionError, KeyStateError while anyone is on it."""
    with act.store.transaction():
        before = act.store.get_plan(name)
        act.check_version(f"plan {name!r}", before.version)
        above = next(
            (plan.name for plan in act.store.list_plans() if name in plan.sub_plans and plan.name != name), None
        )
        if above is not None:
            raise KeyStateError(f"plan {above!r} gives plan {name!r} to customers")
        act.store.delete_plan(name)
        act.record("plan.delete", name, plan_document(before), None)


def _check_sub_plans(act: Act, plan: Plan) -> None:
    for name in plan.sub_plans:
        if name != plan.name:
            act.store.get_plan(name)
