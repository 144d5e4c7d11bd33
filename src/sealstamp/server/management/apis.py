"""``/v1/apis``: what is guarded."""

from __future__ import annotations

from sealstamp.keys.documents import api_document
from sealstamp.keys.operators import Role
from sealstamp.resources.apis import Api, Apis
from sealstamp.resources.common import Paging, told
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of


def _list(call: Call[Paging, None]) -> Reply:
    store = call.services.store
    items, cursor = page_of(call, lambda after, limit: store.list_apis(after, limit), lambda one: one.name)
    return Reply(Apis(items=[told(api_document(one), Api) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    api = call.services.store.get_api(call.path["name"])
    return Reply(told(api_document(api), Api), api.version)


OPERATIONS = (
    Operation("list_apis", "GET", "/v1/apis", "List APIs", Role.VIEWER, _list, query=Paging, gives=Apis),
    Operation("get_api", "GET", "/v1/apis/{name}", "Show an API", Role.VIEWER, _get, gives=Api, gives_etag=True),
)
