"""``/v1/distributor/sub-keys``: the keys that a distributor issues to its customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sealstamp.core.credential import Credential
from sealstamp.keys import domain
from sealstamp.keys.acts import sub_keys as acts
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.distributing import get_sub_key
from sealstamp.keys.attributes import check_grace
from sealstamp.keys.documents import access_key_document
from sealstamp.keys.domain import KeyStatus
from sealstamp.resources.access_keys import AccessKeyChange
from sealstamp.resources.common import given, told
from sealstamp.resources.distribution import (
    NewSubKey,
    SubKey,
    SubKeyPair,
    SubKeyQuery,
    SubKeyRotation,
    SubKeys,
)
from sealstamp.server.management.access_keys import tell_use
from sealstamp.server.management.operations import DISTRIBUTOR, Call, IfMatch, Nothing, Operation, Reply, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code

_ALL = "/v1/distributor/sub-keys"
_ONE = f"{_ALL}/{{access_key_id}}"


def _list(call: Call[SubKeyQuery, None]) -> Reply:
    store, query = call.services.store, call.query
    chosen = {"api": query.api, "consumer": query.consumer, "issuer": call.by.name}
    items, cursor = page_of(
        call, lambda after, limit: store.list_access_keys(**chosen, after=after, page=limit), lambda key: key.id
    )
    return Reply(SubKeys(items=_told(call, items), next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call, get_sub_key(call.act(), call.by, call.path["access_key_id"]))


def _issue(call: Call[Nothing, NewSubKey]) -> Reply:
    return _pair(call, *acts.issue(call.act(), call.by.key.id, **_properties(call.body)))


def _update(call: Call[Nothing, AccessKeyChange]) -> Reply:
    return _reply(call, acts.update(call.act(), call.by.key.id, call.path["access_key_id"], **_properties(call.body)))


def _rotate(call: Call[Nothing, SubKeyRotation]) -> Reply:
    old_id, changes = call.path["access_key_id"], _properties(call.body)
    grace_ms = check_grace("grace", changes.pop("grace"))
    made = acts.rotate(call.act(), call.by.key.id, old_id, grace_ms, **changes)
    return _pair(call, *made, call.services.store.get_access_key(old_id))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.by.key.id, call.path["access_key_id"])
    return Reply()


def _properties(body: AccessKeyChange) -> Any:
    return given(body)


def _pair(
    call: Call[Any, Any], key: domain.AccessKey, credential: Credential, replaced: domain.AccessKey | None = None
) -> Reply:
    (shown, *old) = _told(call, [key] if replaced is None else [key, replaced])
    pair = SubKeyPair(
        sub_key=shown,
        access_key_id=key.id,
        secret=credential.secret,
        extras=dict(credential.extras),
        replaced=old[0] if old else None,
    )
    return Reply(pair, key.version, f"{_ALL}/{segment(key.id)}")


def _reply(call: Call[Any, Any], key: domain.AccessKey) -> Reply:
    return Reply(_told(call, [key])[0], key.version)


def _told(call: Call[Any, Any], keys: Sequence[domain.AccessKey]) -> list[SubKey]:
    uses = {use.access_key_id: use for use in call.services.store.find_last_uses([key.id for key in keys])}
    return [told(_document(key) | {"last_use": tell_use(uses.get(key.id))}, SubKey) for key in keys]


def _document(key: domain.AccessKey) -> dict[str, Any]:
    document = access_key_document(key)
    if key.suspended_by_issuer and key.status is KeyStatus.ACTIVE:
        document["status"] = "suspended"
    return document


def _move(verb: str, summary: str, move: Callable[[Act, str, str], domain.AccessKey]) -> Operation:
    def run(call: Call[Nothing, None]) -> Reply:
        return _reply(call, move(call.act(), call.by.key.id, call.path["access_key_id"]))

    return Operation(
        *(f"{verb}_sub_key", "POST", f"{_ONE}/{verb}", summary, DISTRIBUTOR, run),
        gives=SubKey,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    )


OPERATIONS = (
    Operation(
        *("list_sub_keys", "GET", _ALL, "List your sub keys", DISTRIBUTOR, _list), query=SubKeyQuery, gives=SubKeys
    ),
    Operation(
        *("issue_sub_key", "POST", _ALL, "Make a new pair, whose secret is shown this once", DISTRIBUTOR, _issue),
        takes=NewSubKey,
        gives=SubKeyPair,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation("get_sub_key", "GET", _ONE, "Show a sub key", DISTRIBUTOR, _get, gives=SubKey, gives_etag=True),
    Operation(
        *("update_sub_key", "PATCH", _ONE, "Change a sub key", DISTRIBUTOR, _update),
        takes=AccessKeyChange,
        gives=SubKey,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *("rotate_sub_key", "POST", f"{_ONE}/rotate", "Make a new pair, and end the old one", DISTRIBUTOR, _rotate),
        takes=SubKeyRotation,
        gives=SubKeyPair,
        gives_etag=True,
        status=201,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    _move("suspend", "Refuse a sub key until it is resumed", acts.suspend),
    _move("resume", "Accept a suspended sub key again", acts.resume),
    _move("revoke", "Refuse a sub key for ever", acts.revoke),
    Operation(
        *("delete_sub_key", "DELETE", _ONE, "Forget a revoked sub key", DISTRIBUTOR, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)
