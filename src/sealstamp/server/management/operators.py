"""``/v1/operators``, ``/v1/whoami`` and ``/v1/bootstrap``: who may call the management API."""

from __future__ import annotations

from typing import Any

from sealstamp.core.credential import Credential
from sealstamp.errors import NotFoundError
from sealstamp.keys import operators as domain
from sealstamp.keys.acts import operators as acts
from sealstamp.keys.operators import Role
from sealstamp.resources.common import Paging, moment_of, ms_of
from sealstamp.resources.operators import Bootstrap, NewOperator, Operator, OperatorChange, OperatorPair, Operators
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code, ProblemError


def told(operator: domain.Operator) -> Operator:
    """Return an operator as the API tells of it."""
    return Operator(
        name=operator.name,
        role=operator.role.value,
        access_key_id=operator.access_key_id,
        status=operator.status.value,
        created=moment_of(operator.created_at_ms),
        expires=moment_of(operator.expires_at_ms),
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


def _create(call: Call[Nothing, NewOperator]) -> Reply:
    body = call.body
    made = acts.create(call.act(), body.name, Role(body.role), expires_at_ms=ms_of(body.expires))
    return _pair(*made)


def _pair(operator: domain.Operator, credential: Credential) -> Reply:
    pair = OperatorPair(
        operator=told(operator),
        access_key_id=credential.access_key_id,
        secret=credential.secret,
    )
    return Reply(pair, operator.version, f"/v1/operators/{segment(operator.name)}")


def _update(call: Call[Nothing, OperatorChange]) -> Reply:
    operator = acts.set_role(call.act(), call.path["name"], Role(call.body.role))
    return Reply(told(operator), operator.version)


def _revoke(call: Call[Nothing, None]) -> Reply:
    operator = acts.revoke(call.act(), call.path["name"])
    return Reply(told(operator), operator.version)


def _bootstrap(call: Call[Nothing, Bootstrap]) -> Reply:
    made = acts.claim_bootstrap(call.act(), call.body.token, call.body.name)
    if made is None:
        raise ProblemError(Code.BOOTSTRAP_REFUSED, "the token is wrong, was used, or has expired")
    return _pair(*made)


OPERATIONS = (
    Operation(
        *("bootstrap", "POST", "/v1/bootstrap", "Make the first admin", None, _bootstrap),
        takes=Bootstrap,
        gives=OperatorPair,
        gives_etag=True,
        status=201,
        max_body=10_000,
        problems=(Code.BOOTSTRAP_REFUSED,),
    ),
    Operation(
        *("create_operator", "POST", "/v1/operators", "Make an operator and its pair", Role.ADMIN, _create),
        takes=NewOperator,
        gives=OperatorPair,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *("update_operator", "PATCH", "/v1/operators/{name}", "Give an operator another role", Role.ADMIN, _update),
        takes=OperatorChange,
        gives=Operator,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.CONFLICT,),
    ),
    Operation(
        *("revoke_operator", "POST", "/v1/operators/{name}/revoke", "Refuse an operator for ever", Role.ADMIN, _revoke),
        gives=Operator,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
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
