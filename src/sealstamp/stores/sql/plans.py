"""Plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.plans import Plan
from sealstamp.stores.pair_tables import plans
from sealstamp.stores.sql.statements import exists, put
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_keys, consumers


class PlanTables(Transactions):
    """Keeps plans."""

    def list_plans(self) -> Sequence[Plan]:
        """Return every plan, by name."""
        with self._reading() as connection:
            return [plan_of(row) for row in connection.execute(select(plans).order_by(plans.c.name))]

    def find_plan(self, name: str) -> Plan | None:
        """Return the plan with exactly this name, or None."""
        with self._reading() as connection:
            row = connection.execute(select(plans).where(plans.c.name == name)).first()
            return None if row is None else plan_of(row)

    def get_plan(self, name: str) -> Plan:
        """Return the plan with exactly this name. Raises NotFoundError."""
        plan = self.find_plan(name)
        if plan is None:
            raise _no_plan(name)
        return plan

    def put_plan(self, plan: Plan) -> None:
        """Keep ``plan``, in place of the one with its name."""
        with self._changing() as connection:
            put(connection, plans, plans.c.name == plan.name, _plan_values(plan))

    def delete_plan(self, name: str) -> None:
        """Forget a plan. Raises NotFoundError, or KeyStateError while a key or a consumer is on it."""
        with self._changing() as connection:
            if exists(connection, access_keys.c.plan == name) or exists(connection, consumers.c.plan == name):
                raise KeyStateError(f"access keys or consumers are still on plan {name!r}")
            if not connection.execute(delete(plans).where(plans.c.name == name)).rowcount:
                raise _no_plan(name)


def check_plan(connection: Connection, name: str | None) -> None:
    """Raise NotFoundError where a plan is named that there is not."""
    if name is not None and not exists(connection, plans.c.name == name):
        raise _no_plan(name)


def _no_plan(name: str) -> NotFoundError:
    return NotFoundError(f"there is no plan {name!r}")


def _plan_values(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "scopes": list(plan.scopes),
        "rate_limit": plan.rate_limit,
        "quota_day": plan.quota_day,
        "quota_month": plan.quota_month,
        "consumer_quota_month": plan.consumer_quota_month,
        "max_sub_keys": plan.max_sub_keys,
        "sub_plans": list(plan.sub_plans),
        "version": plan.version,
    }


def plan_of(row: Row[Any], prefix: str = "") -> Plan:
    """Return the plan that ``row`` keeps in columns that begin with ``prefix``."""
    kept = {name: getattr(row, prefix + name) for name in plans.c.keys()}  # noqa: SIM118  # not of a dict
    return Plan(**{**kept, "scopes": tuple(kept["scopes"]), "sub_plans": tuple(kept["sub_plans"])})
