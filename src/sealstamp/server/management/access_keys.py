"""``/v1/access-keys``: the life of access keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.scheme import KeyForms
from sealstamp.errors import ConfigurationError
from sealstamp.keys import domain
from sealstamp.keys.acts import access_keys as acts
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.rotation import rotate
from sealstamp.keys.attributes import check_grace
from sealstamp.keys.documents import access_key_document
from sealstamp.keys.keeping import public_key_of
from sealstamp.keys.operators import Role
from sealstamp.keys.schemes import Shelf
from sealstamp.keys.usage import LastUse
from sealstamp.resources import access_keys as shapes
from sealstamp.resources.access_keys import (
    AccessKey,
    AccessKeyChange,
    AccessKeyPair,
    AccessKeyQuery,
    AccessKeys,
    Expiry,
    ImportedAccessKey,
    NewAccessKey,
    OwnPair,
    OwnRotation,
    RotatedAccessKey,
    Rotation,
)
from sealstamp.resources.common import given, moment_of, ms_of, told
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply, segment
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code
from sealstamp.stores.sql import SqlStore


def _list(call: Call[AccessKeyQuery, None]) -> Reply:
    store, query = call.services.store, call.query
    chosen = {"api": query.api, "consumer": query.consumer, "issuer": query.issuer}
    items, cursor = page_of(
        call, lambda after, limit: store.list_access_keys(**chosen, after=after, page=limit), lambda key: key.id
    )
    return Reply(AccessKeys(items=_told(store, items), next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call, call.services.store.get_access_key(call.path["access_key_id"]))


def _issue(call: Call[Nothing, NewAccessKey]) -> Reply:
    key, credential = acts.issue(call.act(), **_properties(call.body), forms=_forms(call, call.body.scheme))
    return _pair(call, key, credential)


def _import(call: Call[Nothing, ImportedAccessKey]) -> Reply:
    key = acts.import_pair(call.act(), _own(call.body), **_properties(call.body))
    return _reply(call, key, _location(key))


def _own(body: OwnPair) -> Credential:
    return Credential(body.access_key_id, _secret(body), body.extras)


def _secret(body: OwnPair) -> Secret:
    if (body.secret is None) == (body.public_key is None):
        raise ConfigurationError("secret", "neither it nor public_key is there, or both are", "give one of the two")
    return body.secret or public_key_of("public_key", Secret(body.public_key or ""))


def _update(call: Call[Nothing, AccessKeyChange]) -> Reply:
    return _reply(call, acts.update(call.act(), call.path["access_key_id"], **_properties(call.body)))


def _rotate(call: Call[Nothing, Rotation]) -> Reply:
    body, old_id = call.body, call.path["access_key_id"]
    changes = _properties(body)
    changes.pop("grace")
    grace_ms = check_grace("grace", body.grace)
    key, credential = rotate(call.act(), old_id, grace_ms, forms=_forms(call, body.scheme), **changes)
    return _pair(call, key, credential, call.services.store.get_access_key(old_id))


def _rotate_to(call: Call[Nothing, OwnRotation]) -> Reply:
    body, old_id = call.body, call.path["access_key_id"]
    changes = _properties(body)
    changes.pop("grace")
    key, _ = rotate(call.act(), old_id, check_grace("grace", body.grace), credential=_own(body), **changes)
    shown, old = _told(call.services.store, [key, call.services.store.get_access_key(old_id)])
    return Reply(RotatedAccessKey(access_key=shown, replaced=old), key.version, _location(key))


def _expire(call: Call[Nothing, Expiry]) -> Reply:
    return _reply(call, acts.expire_at(call.act(), call.path["access_key_id"], ms_of(call.body.expires)))


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.path["access_key_id"])
    return Reply()


def _properties(body: AccessKeyChange) -> Any:
    properties = given(body)
    for name in ("scheme", *OwnPair.__annotations__):
        properties.pop(name, None)
    return properties


def _forms(call: Call[Any, Any], scheme: str | None) -> KeyForms | None:
    return None if scheme is None else Shelf(call.services.store.list_schemes()).named(scheme).keys


def _pair(
    call: Call[Any, Any], key: domain.AccessKey, credential: Credential, replaced: domain.AccessKey | None = None
) -> Reply:
    (shown, *old) = _told(call.services.store, [key] if replaced is None else [key, replaced])
    pair = AccessKeyPair(
        access_key=shown,
        access_key_id=key.id,
        secret=credential.secret,
        extras=dict(credential.extras),
        replaced=old[0] if old else None,
    )
    return Reply(pair, key.version, _location(key))


def _reply(call: Call[Any, Any], key: domain.AccessKey, location: str | None = None) -> Reply:
    return Reply(_told(call.services.store, [key])[0], key.version, location)


def _location(key: domain.AccessKey) -> str:
    return f"/v1/access-keys/{segment(key.id)}"


def _told(store: SqlStore, keys: Sequence[domain.AccessKey]) -> list[AccessKey]:
    uses = {use.access_key_id: use for use in store.find_last_uses([key.id for key in keys])}
    return [told({**access_key_document(key), "last_use": tell_use(uses.get(key.id))}, AccessKey) for key in keys]


def tell_use(use: LastUse | None) -> shapes.LastUse | None:
    """Return a last use as the API tells it."""
    return None if use is None else shapes.LastUse(at=moment_of(use.at_ms), api=use.api, address=use.address)


_ALL, _ONE = "/v1/access-keys", "/v1/access-keys/{access_key_id}"


def _move(verb: str, summary: str, act: Callable[[Act, str], domain.AccessKey]) -> Operation:
    def run(call: Call[Nothing, None]) -> Reply:
        return _reply(call, act(call.act(), call.path["access_key_id"]))

    return Operation(
        *(f"{verb}_access_key", "POST", f"{_ONE}/{verb}", summary, Role.OPERATOR, run),
        gives=AccessKey,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    )


OPERATIONS = (
    Operation(
        *("list_access_keys", "GET", _ALL, "List access keys", Role.VIEWER, _list),
        query=AccessKeyQuery,
        gives=AccessKeys,
    ),
    Operation(
        *("issue_access_key", "POST", _ALL, "Make a new pair, whose secret is shown this once", Role.OPERATOR, _issue),
        takes=NewAccessKey,
        gives=AccessKeyPair,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation(
        *("import_access_key", "POST", f"{_ALL}/import", "Keep a pair that exists already", Role.OPERATOR, _import),
        takes=ImportedAccessKey,
        gives=AccessKey,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation("get_access_key", "GET", _ONE, "Show a key", Role.VIEWER, _get, gives=AccessKey, gives_etag=True),
    Operation(
        *("update_access_key", "PATCH", _ONE, "Change a key", Role.OPERATOR, _update),
        takes=AccessKeyChange,
        gives=AccessKey,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.REQUIRED,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *(
            "rotate_access_key",
            "POST",
            f"{_ONE}/rotate",
            "Make a new pair, and end the old one",
            Role.OPERATOR,
            _rotate,
        ),
        takes=Rotation,
        gives=AccessKeyPair,
        gives_etag=True,
        status=201,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *("rotate_access_key_to", "POST", f"{_ONE}/rotate/import", "Rotate to a pair of the holder's own"),
        *(Role.OPERATOR, _rotate_to),
        takes=OwnRotation,
        gives=RotatedAccessKey,
        gives_etag=True,
        status=201,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *("expire_access_key", "POST", f"{_ONE}/expire", "Set when a key ends", Role.OPERATOR, _expire),
        takes=Expiry,
        gives=AccessKey,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    _move("disable", "Refuse a key until it is enabled", acts.disable),
    _move("enable", "Accept a disabled key again", acts.enable),
    _move("revoke", "Refuse a key for ever", acts.revoke),
    Operation(
        *("delete_access_key", "DELETE", _ONE, "Forget a revoked key", Role.OPERATOR, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)
