"""``sealstamp plans``: named sets of scopes, limits and quotas."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.properties import add_plan_changes, add_plan_properties, plan_fields, told_by_option
from sealstamp.keys.rules import check_name

if TYPE_CHECKING:
    from sealstamp.resources.pairs import Plan

_COLUMNS = ("NAME", "RATE LIMIT", "A DAY", "A MONTH", "A CONSUMER A MONTH", "SUB KEYS", "SCOPES")


def add(parser: ArgumentParser) -> None:
    """Say what ``plans`` takes."""
    acts = Acts(parser)
    acts.add("list", "list plans", _list)
    created = acts.add("create", "make a plan", _create)
    updated = acts.add("update", "change a plan, at once for all keys on it; what is not named stays", _update)
    deleted = acts.add("delete", "forget a plan that nobody is on", _delete)
    for one in (created, updated, deleted):
        one.add_argument("name", metavar="NAME", help="the plan's name")
    add_plan_properties(created)
    add_plan_changes(updated)


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.pairs import PlanQuery

    with opened_books(arguments) as books:
        plans = list(books.list_plans(PlanQuery(limit=1_000)))
    return output.show(arguments, [*map(document, plans)], lambda: output.show_table(_COLUMNS, map(_row, plans)))


def _create(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import NewPlan

    name = check_name("plan", arguments.name)
    with told_by_option(), opened_books(arguments) as books:
        made = books.create_plan(NewPlan(name=name, **plan_fields(arguments)))
    return _tell(arguments, made, "made")


def _update(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import PlanChange

    with told_by_option(), opened_books(arguments) as books:
        updated = books.update_plan(arguments.name, PlanChange(**plan_fields(arguments)))
    return _tell(arguments, updated, f"is version {updated.version}")


def _delete(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        books.delete_plan(arguments.name)
    return output.show(arguments, {"deleted": arguments.name}, lambda: output.say(f"{arguments.name} is deleted"))


def _tell(arguments: Namespace, plan: Plan, what: str) -> int:
    from sealstamp.cli.documents import document

    return output.show(arguments, document(plan), lambda: output.say(f"{plan.name} {what}"))


def _row(plan: Plan) -> tuple[str, ...]:
    numbers = (plan.quota_day, plan.quota_month, plan.consumer_quota_month, plan.max_sub_keys)
    told = ("" if number is None else str(number) for number in numbers)
    return plan.name, plan.rate_limit or "", *told, " ".join(plan.scopes)
