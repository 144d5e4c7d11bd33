"""``/v1/access-keys``: the life of access keys."""

from __future__ import annotations

from sealstamp.keys.operators import Role
from sealstamp.resources.access_keys import AccessKey, AccessKeyQuery, AccessKeys, access_key_of
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of


def _list(call: Call[AccessKeyQuery, None]) -> Reply:
    store, query = call.services.store, call.query
    items, cursor = page_of(
        call,
        lambda after, limit: store.list_access_keys(api=query.api, consumer=query.consumer, after=after, page=limit),
        lambda key: key.id,
    )
    return Reply(AccessKeys(items=[access_key_of(key) for key in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    key = call.services.store.get_access_key(call.path["access_key_id"])
    return Reply(access_key_of(key), key.version)


OPERATIONS = (
    Operation(
        *("list_access_keys", "GET", "/v1/access-keys", "List access keys", Role.VIEWER, _list),
        query=AccessKeyQuery,
        gives=AccessKeys,
    ),
    Operation(
        *("get_access_key", "GET", "/v1/access-keys/{access_key_id}", "Show an access key", Role.VIEWER, _get),
        gives=AccessKey,
        gives_etag=True,
    ),
)
