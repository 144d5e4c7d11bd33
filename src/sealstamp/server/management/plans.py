"""``/v1/plans``: named sets of scopes, limits and quotas."""

from __future__ import annotations

from dataclasses import replace

from sealstamp.keys import plans as domain
from sealstamp.keys.acts import plans as acts
from sealstamp.keys.documents import plan_document
from sealstamp.keys.operators import Role
from sealstamp.resources.common import given, told
from sealstamp.resources.pairs import NewPlan, Plan, PlanChange, PlanQuery, Plans
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code

_ONE = "/v1/plans/{name}"


def _list(call: Call[PlanQuery, None]) -> Reply:
    plans = call.services.store.list_plans()
    items, cursor = page_of(
        call, lambda after, _limit: (one for one in plans if one.name > after), lambda one: one.name
    )
    return Reply(Plans(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call.services.store.get_plan(call.path["name"]))


def _create(call: Call[Nothing, NewPlan]) -> Reply:
    made = acts.create(call.act(), domain.Plan(**given(call.body)))
    return Reply(_told(made), made.version, f"/v1/plans/{segment(made.name)}")


def _update(call: Call[Nothing, PlanChange]) -> Reply:
    plan = call.services.store.get_plan(call.path["name"])
    return _reply(acts.update(call.act(), replace(plan, **given(call.body))))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.path["name"])
    return Reply()


def _reply(plan: domain.Plan) -> Reply:
    return Reply(_told(plan), plan.version)


def _told(plan: domain.Plan) -> Plan:
    return told(plan_document(plan), Plan)


OPERATIONS = (
    Operation(*("list_plans", "GET", "/v1/plans", "List plans", Role.VIEWER, _list), query=PlanQuery, gives=Plans),
    Operation(
        *("create_plan", "POST", "/v1/plans", "Make a plan", Role.OPERATOR, _create),
        takes=NewPlan,
        gives=Plan,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation("get_plan", "GET", _ONE, "Show a plan", Role.VIEWER, _get, gives=Plan, gives_etag=True),
    Operation(
        *("update_plan", "PATCH", _ONE, "Change a plan, for all that are on it", Role.OPERATOR, _update),
        takes=PlanChange,
        gives=Plan,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.INVALID_VALUE,),
    ),
    Operation(
        *("delete_plan", "DELETE", _ONE, "Forget a plan that nobody is on", Role.OPERATOR, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)
