"""``/v1/consumers``: who holds access keys."""

from __future__ import annotations

from typing import Any

from sealstamp.keys import domain
from sealstamp.keys.acts import access_keys
from sealstamp.keys.acts import consumers as acts
from sealstamp.keys.documents import consumer_document
from sealstamp.keys.operators import Role
from sealstamp.resources.common import given, told
from sealstamp.resources.consumers import (
    Consumer,
    ConsumerChange,
    ConsumerQuery,
    Consumers,
    NewConsumer,
    RevokedKeys,
)
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply, Run, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code


def _list(call: Call[ConsumerQuery, None]) -> Reply:
    store, parent = call.services.store, call.query.parent
    items, cursor = page_of(
        call, lambda after, limit: store.list_consumers(after, limit, parent=parent), lambda one: one.name
    )
    return Reply(Consumers(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call.services.store.get_consumer(call.path["name"]))


def _create(call: Call[Nothing, NewConsumer]) -> Reply:
    made = acts.create(call.act(), **_properties(call.body))
    return Reply(_told(made), made.version, f"/v1/consumers/{segment(made.name)}")


def _update(call: Call[Nothing, ConsumerChange]) -> Reply:
    return _reply(acts.update(call.act(), call.path["name"], **_properties(call.body)))


def _suspend(call: Call[Nothing, None]) -> Reply:
    return _reply(acts.suspend(call.act(), call.path["name"]))


def _enable(call: Call[Nothing, None]) -> Reply:
    return _reply(acts.enable(call.act(), call.path["name"]))


def _revoke_keys(call: Call[Nothing, None]) -> Reply:
    return Reply(RevokedKeys(revoked=access_keys.revoke_all(call.act(), call.path["name"])))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.path["name"])
    return Reply()


def _properties(body: ConsumerChange) -> Any:
    return given(body)


def _reply(consumer: domain.Consumer) -> Reply:
    return Reply(_told(consumer), consumer.version)


def _told(consumer: domain.Consumer) -> Consumer:
    return told(consumer_document(consumer), Consumer)


_ONE = "/v1/consumers/{name}"


def _move(name: str, verb: str, summary: str, run: Run) -> Operation:
    return Operation(
        *(name, "POST", f"{_ONE}/{verb}", summary, Role.OPERATOR, run),
        gives=Consumer,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    )


OPERATIONS = (
    Operation(
        *("list_consumers", "GET", "/v1/consumers", "List consumers", Role.VIEWER, _list),
        query=ConsumerQuery,
        gives=Consumers,
    ),
    Operation(
        *("create_consumer", "POST", "/v1/consumers", "Make a consumer", Role.OPERATOR, _create),
        takes=NewConsumer,
        gives=Consumer,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation("get_consumer", "GET", _ONE, "Show a consumer", Role.VIEWER, _get, gives=Consumer, gives_etag=True),
    Operation(
        *("update_consumer", "PATCH", _ONE, "Change a consumer", Role.OPERATOR, _update),
        takes=ConsumerChange,
        gives=Consumer,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    _move("suspend_consumer", "suspend", "Refuse its keys, and those of all below it", _suspend),
    _move("enable_consumer", "enable", "Accept a suspended consumer's keys again", _enable),
    Operation(
        *("revoke_consumer_keys", "POST", f"{_ONE}/revoke-keys", "Refuse all its keys for ever", Role.OPERATOR),
        run=_revoke_keys,
        gives=RevokedKeys,
        writes=True,
    ),
    Operation(
        *("delete_consumer", "DELETE", _ONE, "Forget a consumer without keys", Role.OPERATOR, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)
