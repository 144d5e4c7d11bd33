"""``/v1/operators`` and ``/v1/whoami``: who may call the management API."""

from __future__ import annotations

from typing import Any

from sealstamp.errors import NotFoundError
from sealstamp.keys import operators as domain
from sealstamp.keys.operators import Role
from sealstamp.resources.common import Paging, moment_of
from sealstamp.resources.operators import Operator, Operators
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of


def told(operator: domain.Operator) -> Operator:
    """Return an operator as the API tells of it."""
    return Operator(
        name=operator.name,
        role=operator.role.value,
        access_key_id=operator.access_key_id,
        status=operator.status.value,
        created_at=moment_of(operator.created_at_ms),
        expires_at=moment_of(operator.expires_at_ms),
        version=operator.version,
    )


def _who_am_i(call: Call[Nothing, None]) -> Reply:
    assert call.operator is not None  # noqa: S101  # the operation has a role
    return Reply(told(call.operator), call.operator.version)


def _list(call: Call[Paging, None]) -> Reply:
    store = call.services.store
    items, cursor = page_of(call, lambda after, limit: store.list_operators(after, limit), lambda one: one.name)
    return Reply(Operators(items=[told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    operator = _find(call)
    return Reply(told(operator), operator.version)


def _find(call: Call[Any, Any]) -> domain.Operator:
    name = call.path["name"]
    operator = call.services.store.find_operator(name)
    if operator is None:
        raise NotFoundError(f"there is no operator {name!r}")
    return operator


OPERATIONS = (
    Operation(
        "who_am_i",
        "GET",
        "/v1/whoami",
        "Tell which operator signs",
        Role.VIEWER,
        _who_am_i,
        gives=Operator,
        gives_etag=True,
    ),
    Operation(
        "list_operators", "GET", "/v1/operators", "List operators", Role.ADMIN, _list, query=Paging, gives=Operators
    ),
    Operation(
        "get_operator",
        "GET",
        "/v1/operators/{name}",
        "Show an operator",
        Role.ADMIN,
        _get,
        gives=Operator,
        gives_etag=True,
    ),
)
