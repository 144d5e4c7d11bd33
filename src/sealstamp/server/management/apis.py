"""``/v1/apis``: what is guarded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealstamp.core.verifier import ReplayBy
from sealstamp.keys import domain
from sealstamp.keys.acts import apis as acts
from sealstamp.keys.documents import api_document
from sealstamp.keys.domain import Enforcement, SchemeChoice
from sealstamp.keys.operators import Role
from sealstamp.resources.apis import Api, ApiChange, Apis, GivenChoice, NewApi
from sealstamp.resources.common import Paging, given, told
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code


def _list(call: Call[Paging, None]) -> Reply:
    store = call.services.store
    items, cursor = page_of(call, lambda after, limit: store.list_apis(after, limit), lambda one: one.name)
    return Reply(Apis(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call.services.store.get_api(call.path["name"]))


def _create(call: Call[Nothing, NewApi]) -> Reply:
    fields = {"host": "*", "path_prefix": "/", **_fields(call.body)}
    made = acts.create(call.act(), domain.Api(**fields))
    return _reply(made, f"/v1/apis/{segment(made.name)}")


def _update(call: Call[Nothing, ApiChange]) -> Reply:
    before = call.services.store.get_api(call.path["name"])  # in the transaction of the act
    return _reply(acts.update(call.act(), replace(before, **_fields(call.body))))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.path["name"])
    return Reply()


def _fields(body: ApiChange) -> dict[str, Any]:
    """Return what was sent, as the domain has it."""
    fields = given(body)
    return {
        name: _READ[name](value) if name in _READ and value is not None else value for name, value in fields.items()
    }


def _choices(schemes: list[GivenChoice]) -> tuple[SchemeChoice, ...]:
    return tuple(SchemeChoice(one.name, one.parameters) for one in schemes)


_READ: dict[str, Any] = {"schemes": _choices, "enforcement": Enforcement, "replay": ReplayBy, "scopes": tuple}


def _reply(api: domain.Api, location: str | None = None) -> Reply:
    return Reply(_told(api), api.version, location)


def _told(api: domain.Api) -> Api:
    return told(api_document(api), Api)


_ALL, _ONE = "/v1/apis", "/v1/apis/{name}"
OPERATIONS = (
    Operation("list_apis", "GET", _ALL, "List APIs", Role.VIEWER, _list, query=Paging, gives=Apis),
    Operation(
        *("create_api", "POST", _ALL, "Guard a new API", Role.ADMIN, _create),
        takes=NewApi,
        gives=Api,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation("get_api", "GET", _ONE, "Show an API", Role.VIEWER, _get, gives=Api, gives_etag=True),
    Operation(
        *("update_api", "PATCH", _ONE, "Change an API", Role.ADMIN, _update),
        takes=ApiChange,
        gives=Api,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.INVALID_VALUE,),
    ),
    Operation(
        *("delete_api", "DELETE", _ONE, "Guard an API no longer", Role.ADMIN, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
    ),
)
