"""``/v1/distributor/sub-consumers``: a distributor's customers."""

from __future__ import annotations

from typing import Any

from sealstamp.keys import domain
from sealstamp.keys.acts import sub_consumers as acts
from sealstamp.keys.acts.distributing import get_customer
from sealstamp.keys.documents import consumer_document
from sealstamp.keys.domain import ConsumerStatus
from sealstamp.resources.common import given, told
from sealstamp.resources.distribution import (
    NewSubConsumer,
    SubConsumer,
    SubConsumerChange,
    SubConsumerQuery,
    SubConsumers,
)
from sealstamp.server.management.operations import (
    DISTRIBUTOR,
    Call,
    IfMatch,
    Nothing,
    Operation,
    Reply,
    Run,
    segment,
)
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code

_ALL = "/v1/distributor/sub-consumers"
_ONE = f"{_ALL}/{{name}}"


def _list(call: Call[SubConsumerQuery, None]) -> Reply:
    store, parent = call.services.store, call.by.name
    items, cursor = page_of(
        call, lambda after, limit: store.list_consumers(after, limit, parent=parent), lambda one: one.name
    )
    return Reply(SubConsumers(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(get_customer(call.act(), call.by, call.path["name"]))


def _create(call: Call[Nothing, NewSubConsumer]) -> Reply:
    made = acts.create(call.act(), call.by.key.id, **_properties(call.body))
    return Reply(_told(made), made.version, f"{_ALL}/{segment(made.name)}")


def _update(call: Call[Nothing, SubConsumerChange]) -> Reply:
    return _reply(acts.update(call.act(), call.by.key.id, call.path["name"], **_properties(call.body)))


def _suspend(call: Call[Nothing, None]) -> Reply:
    return _reply(acts.suspend(call.act(), call.by.key.id, call.path["name"]))


def _resume(call: Call[Nothing, None]) -> Reply:
    return _reply(acts.resume(call.act(), call.by.key.id, call.path["name"]))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.by.key.id, call.path["name"])
    return Reply()


def _properties(body: SubConsumerChange) -> Any:
    return given(body)


def _reply(consumer: domain.Consumer) -> Reply:
    return Reply(_told(consumer), consumer.version)


def _told(consumer: domain.Consumer) -> SubConsumer:
    document = consumer_document(consumer)
    if consumer.status is ConsumerStatus.SUSPENDED:
        document["status"] = "disabled"
    elif consumer.suspended_by_parent:
        document["status"] = "suspended"
    return told(document, SubConsumer)


def _move(name: str, verb: str, summary: str, run: Run) -> Operation:
    return Operation(
        *(name, "POST", f"{_ONE}/{verb}", summary, DISTRIBUTOR, run),
        gives=SubConsumer,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    )


OPERATIONS = (
    Operation(
        *("list_sub_consumers", "GET", _ALL, "List your customers", DISTRIBUTOR, _list),
        query=SubConsumerQuery,
        gives=SubConsumers,
    ),
    Operation(
        *("create_sub_consumer", "POST", _ALL, "Make a customer", DISTRIBUTOR, _create),
        takes=NewSubConsumer,
        gives=SubConsumer,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation(
        *("get_sub_consumer", "GET", _ONE, "Show a customer", DISTRIBUTOR, _get), gives=SubConsumer, gives_etag=True
    ),
    Operation(
        *("update_sub_consumer", "PATCH", _ONE, "Change a customer", DISTRIBUTOR, _update),
        takes=SubConsumerChange,
        gives=SubConsumer,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    _move("suspend_sub_consumer", "suspend", "Refuse a customer's keys until it is resumed", _suspend),
    _move("resume_sub_consumer", "resume", "Accept a suspended customer's keys again", _resume),
    Operation(
        *("delete_sub_consumer", "DELETE", _ONE, "Forget a customer without keys", DISTRIBUTOR, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)
