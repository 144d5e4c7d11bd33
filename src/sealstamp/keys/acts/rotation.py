"""Rotation: a new pair at once, with what the old key may do, and an end for the old one.

While both may be used, the holder's programs go over to the new pair one by one. Each key tells of the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

from sealstamp.core.credential import Credential
from sealstamp.core.scheme import KeyForms
from sealstamp.errors import ConfigurationError, KeyStateError
from sealstamp.keys.acts.access_keys import KeyProperties, add_new, add_pair, checked, keep
from sealstamp.keys.acts.act import Act
from sealstamp.keys.documents import access_key_document
from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.rules import LATEST_MS


def rotate(
    act: Act,
    access_key_id: str,
    grace_ms: int,
    *,
    forms: KeyForms | None = None,
    credential: Credential | None = None,
    **changes: Unpack[KeyProperties],
) -> tuple[AccessKey, Credential]:
    """Make a new pair that may do what the old key may, but for ``changes``; the old one ends after ``grace_ms``.

    It never ends later than it would have. The pair is made in the ``forms`` of a scheme, by default the first API's
    first, and is to be shown once; or it is ``credential``, which its holder made. Raises NotFoundError,
    StaleVersionError, KeyStateError for a key that is not active, has ended or was rotated before, and
    ConfigurationError as ``issue`` does.
    """
    if grace_ms < 0:
        raise ConfigurationError("grace", "it is less than nothing", "give 0 or more milliseconds")
    with act.store.transaction():
        old = act.store.get_access_key(access_key_id)
        act.check_version(f"access key {access_key_id!r}", old.version)
        _check_can_rotate(act, old)
        bare = replace(_successor_of(old, act.now_ms), **checked(changes))
        if credential is None:
            new, credential = add_new(act, bare, forms)
        else:
            new = add_pair(act, bare, credential)
        ends_at_ms = min(act.now_ms + grace_ms, LATEST_MS if old.expires_at_ms is None else old.expires_at_ms)
        ended = keep(act, old, replace(old, expires_at_ms=ends_at_ms, replaced_by=new.id))
        act.record("access_key.rotate", old.id, access_key_document(old), access_key_document(ended))
        act.record("access_key.issue", new.id, None, access_key_document(new))
    return new, credential


def _check_can_rotate(act: Act, key: AccessKey) -> None:
    told = f"access key {key.id!r}"
    if key.status is not KeyStatus.ACTIVE:
        raise KeyStateError(f"{told} is {key.status}; issue a new one")
    if key.suspended_by_issuer:
        raise KeyStateError(f"{told} is suspended by its distributor; it can be rotated once it is resumed")
    if not key.is_usable(act.now_ms):
        raise KeyStateError(f"{told} has ended; issue a new one")
    if key.replaced_by is not None and act.store.find_access_key(key.replaced_by) is not None:
        raise KeyStateError(f"{told} was rotated already; rotate {key.replaced_by!r}, which replaced it")


def _successor_of(old: AccessKey, now_ms: int) -> AccessKey:
    return replace(
        old,
        id="",
        sealed_secret=b"",
        sealed_extras={},
        created_at_ms=now_ms,
        replaces=old.id,
        replaced_by=None,
        version=1,
    )
