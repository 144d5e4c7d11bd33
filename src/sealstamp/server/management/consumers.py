"""``/v1/consumers``: who holds access keys."""

from __future__ import annotations

from sealstamp.keys.operators import Role
from sealstamp.resources.consumers import Consumer, ConsumerQuery, Consumers, consumer_of
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of


def _list(call: Call[ConsumerQuery, None]) -> Reply:
    store, parent = call.services.store, call.query.parent
    items, cursor = page_of(
        call, lambda after, limit: store.list_consumers(after, limit, parent=parent), lambda one: one.name
    )
    return Reply(Consumers(items=[consumer_of(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    consumer = call.services.store.get_consumer(call.path["name"])
    return Reply(consumer_of(consumer), consumer.version)


OPERATIONS = (
    Operation(
        *("list_consumers", "GET", "/v1/consumers", "List consumers", Role.VIEWER, _list),
        query=ConsumerQuery,
        gives=Consumers,
    ),
    Operation(
        "get_consumer",
        "GET",
        "/v1/consumers/{name}",
        "Show a consumer",
        Role.VIEWER,
        _get,
        gives=Consumer,
        gives_etag=True,
    ),
)
