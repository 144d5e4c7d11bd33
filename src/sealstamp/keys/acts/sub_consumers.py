"""A distributor's customers: consumers right below it, that it makes, changes, suspends and resumes, and deletes.

``by`` is the id of the distributor's key that signs. What is not its own is as if it were not there. What an operator
has suspended only an operator enables: suspending by the distributor is apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict, Unpack

from sealstamp.errors import ConfigurationError
from sealstamp.keys.acts import consumers
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.distributing import get_customer, get_distributor
from sealstamp.keys.distributors import Distributor, check_on_plan, check_shared_quota
from sealstamp.keys.domain import Consumer


class CustomerProperties(TypedDict, total=False):
    """What a distributor can give to a customer, and change later; ``Consumer`` tells of each."""

    email: str | None
    labels: Mapping[str, str]
    plan: str | None
    quota_month: int | None


def create(act: Act, by: str, name: str, **properties: Unpack[CustomerProperties]) -> Consumer:
    """Make a customer, whose name begins with the distributor's and a dot: so no two distributors want one name.

    Raises KeyStateError when the name is taken, and ConfigurationError for what cannot be, and for what is beyond what
    the distributor has itself.
    """
    with act.store.transaction():
        distributor = get_distributor(act, by)
        if not name.startswith(f"{distributor.name}."):
            hint = f"begin it with {distributor.name}. and add what you call the customer"
            raise ConfigurationError("name", f"{name!r} is not below {distributor.name!r}", hint)
        check_on_plan(properties.get("plan"), distributor)
        check_shared_quota(properties.get("quota_month"), distributor)
        return consumers.create(act, name, parent=distributor.name, **properties)


def update(act: Act, by: str, name: str, **changes: Unpack[CustomerProperties]) -> Consumer:
    """Change properties of a customer.

    Raises NotFoundError, StaleVersionError, and ConfigurationError for what cannot be, for what is beyond what the
    distributor has itself, and for another plan than one that an operator has put the customer on.
    """
    with act.store.transaction():
        distributor = get_distributor(act, by)
        before = get_customer(act, distributor, name)
        if "plan" in changes and changes["plan"] != before.plan:
            _check_plan(before.plan, changes["plan"], distributor)
        check_shared_quota(changes.get("quota_month"), distributor)
        return consumers.update(act, name, **changes)


def suspend(act: Act, by: str, name: str) -> Consumer:
    """Refuse a customer's keys until it is resumed. Raises NotFoundError, StaleVersionError."""
    return _hold(act, by, name, "consumer.suspend", suspended=True)


def resume(act: Act, by: str, name: str) -> Consumer:
    """Accept a suspended customer's keys again. Raises NotFoundError, StaleVersionError."""
    return _hold(act, by, name, "consumer.resume", suspended=False)


def delete(act: Act, by: str, name: str) -> None:
    """Forget a customer. Raises NotFoundError, StaleVersionError, and KeyStateError while it holds keys."""
    with act.store.transaction():
        get_customer(act, get_distributor(act, by), name)
        consumers.delete(act, name)


def _hold(act: Act, by: str, name: str, told: str, *, suspended: bool) -> Consumer:
    with act.store.transaction():
        get_customer(act, get_distributor(act, by), name)
        return consumers.change(act, told, name, lambda one: replace(one, suspended_by_parent=suspended))


def _check_plan(before: str | None, after: str | None, distributor: Distributor) -> None:
    if before is not None and before not in distributor.plans:
        raise ConfigurationError("plan", f"the provider has set {before!r}", "leave it, or ask the provider")
    check_on_plan(after, distributor)
