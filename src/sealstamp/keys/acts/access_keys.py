"""The life of an access key: issued or imported, changed, disabled and enabled, given an end, revoked, deleted.

::

            disable
    ACTIVE ────────▶ DISABLED
      │    ◀────────    │
      │     enable      │
      └──────▶ REVOKED ◀┘     final; only now can it be deleted

An act that finds the key as it would leave it changes nothing, and leaves no audit entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypedDict, Unpack

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.scheme import KeyForms
from sealstamp.errors import ConfigurationError, KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.attributes import (
    Check,
    check_amount,
    check_labels,
    check_networks,
    check_properties,
    check_rate_limit,
    check_scopes,
    check_text,
)
from sealstamp.keys.documents import access_key_document
from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.keeping import as_kept, check_usable, credential_of, with_credential
from sealstamp.keys.rules import check_access_key_id, check_expiry_ms, check_name, check_secret
from sealstamp.keys.schemes import Shelf

_ISSUE_ATTEMPTS: Final = 8


class KeyProperties(TypedDict, total=False):
    """What can be given to a key, and changed later; what is left out stays as it is. ``AccessKey`` tells of each."""

    name: str | None
    apis: Iterable[str]
    scopes: Iterable[str]
    networks: Iterable[str]
    expires_at_ms: int | None
    rate_limit: str | None
    quota_day: int | None
    quota_month: int | None
    labels: Mapping[str, str]
    plan: str | None


def issue(
    act: Act,
    *,
    consumer: str,
    forms: KeyForms | None = None,
    issued_by: AccessKey | None = None,
    **properties: Unpack[KeyProperties],
) -> tuple[AccessKey, Credential]:
    """Make a new access key; the credential is to be shown once, and its secrets are kept only sealed.

    Its id and secret have the ``forms`` of a scheme; by default of the first API's first scheme. Where the secret is
    the private key of a pair, it is not kept at all. ``issued_by`` is the distributor's key, of a sub key. Raises
    NotFoundError for the consumer or an API, KeyStateError when all ids of that form are taken, and ConfigurationError
    for a property that cannot be, and for a kind of secret that an API cannot use.
    """
    issuer = (None, None) if issued_by is None else (issued_by.consumer, issued_by.id)
    with act.store.transaction():
        bare = AccessKey("", b"", consumer, (), created_at_ms=act.now_ms, issuer=issuer[0], issuer_key=issuer[1])
        key, credential = add_new(act, replace(bare, **checked(properties)), forms)
        act.record("access_key.issue", key.id, None, access_key_document(key))
    return key, credential


def import_pair(act: Act, credential: Credential, *, consumer: str, **properties: Unpack[KeyProperties]) -> AccessKey:
    """Keep a pair that exists already; of a private key, the public key is kept.

    Raises ConfigurationError for an id, a secret or a property that cannot be, and for a kind of secret that an API
    cannot use, KeyStateError when the id is taken, and NotFoundError for the consumer or an API.
    """
    with act.store.transaction():
        bare = AccessKey("", b"", consumer, (), created_at_ms=act.now_ms)
        key = add_pair(act, replace(bare, **checked(properties)), credential)
        act.record("access_key.import", key.id, None, access_key_document(key))
    return key


def update(act: Act, access_key_id: str, **changes: Unpack[KeyProperties]) -> AccessKey:
    """Change properties of a key.

    Raises NotFoundError, also for an API, KeyStateError for a revoked key, StaleVersionError, and ConfigurationError
    for a property that cannot be, and for an API that cannot use the key's kind of secret.
    """

    def changed(key: AccessKey) -> AccessKey:
        after = replace(key, **checked(changes))
        if set(after.apis) - set(key.apis):
            _check_usable(act, credential_of(key, act.sealer), after)
        return after

    return change(act, "access_key.update", access_key_id, changed)


def enable(act: Act, access_key_id: str) -> AccessKey:
    """Let a disabled key be used again. Raises NotFoundError, StaleVersionError, KeyStateError for a revoked key."""
    return change(act, "access_key.enable", access_key_id, lambda key: replace(key, status=KeyStatus.ACTIVE))


def disable(act: Act, access_key_id: str) -> AccessKey:
    """Stop a key until it is enabled. Raises NotFoundError, StaleVersionError, KeyStateError for a revoked key."""
    return change(act, "access_key.disable", access_key_id, lambda key: replace(key, status=KeyStatus.DISABLED))


def revoke(act: Act, access_key_id: str) -> AccessKey:
    """Stop a key for ever. Raises NotFoundError, StaleVersionError."""
    return change(act, "access_key.revoke", access_key_id, lambda key: replace(key, status=KeyStatus.REVOKED))


def revoke_all(act: Act, consumer: str) -> int:
    """Stop every key of a consumer for ever, all of them or none; return how many. Raises NotFoundError."""
    with act.store.transaction():
        act.store.get_consumer(consumer)
        keys = [key for key in act.store.list_access_keys(consumer=consumer) if key.status is not KeyStatus.REVOKED]
        for key in keys:
            revoke(act, key.id)
    return len(keys)


def expire_at(act: Act, access_key_id: str, at_ms: int | None) -> AccessKey:
    """Set when a key ends, in Unix milliseconds, or None for no end; a time that has passed ends it now.

    Raises NotFoundError, KeyStateError for a revoked key, StaleVersionError, and ConfigurationError for a time that
    cannot be.
    """
    check_expiry_ms("expires_at_ms", at_ms)
    return change(act, "access_key.expire", access_key_id, lambda key: replace(key, expires_at_ms=at_ms))


def delete(act: Act, access_key_id: str) -> None:
    """Forget a revoked key; only the audit still knows of it.

    Raises NotFoundError, StaleVersionError, and KeyStateError for a key that is not revoked.
    """
    with act.store.transaction():
        key = act.store.get_access_key(access_key_id)
        act.check_version(_told(key), key.version)
        if key.status is not KeyStatus.REVOKED:
            raise KeyStateError(f"{_told(key)} is {key.status}\nhint: sealstamp keys revoke, and then delete it")
        act.store.delete_access_key(access_key_id)
        act.record("access_key.delete", access_key_id, access_key_document(key), None)


def add_new(act: Act, bare: AccessKey, forms: KeyForms | None) -> tuple[AccessKey, Credential]:
    """Keep ``bare`` with an id and secrets that are made now, in the transaction that the act is in."""
    forms = forms or _forms_for(act, bare)
    for _ in range(_ISSUE_ATTEMPTS):
        extras = {extra.name: Secret(extra.make.make(act.choose)) for extra in forms.extras}
        credential = Credential(forms.access_key_id.make(act.choose), Secret(forms.secret.make(act.choose)), extras)
        if act.store.find_access_key(credential.access_key_id) is None:
            return add_pair(act, bare, credential), credential
    raise KeyStateError(f"{_ISSUE_ATTEMPTS} new access key ids were all taken; use a longer form of id")


def add_pair(act: Act, bare: AccessKey, credential: Credential) -> AccessKey:
    """Check a pair, and keep ``bare`` with its id and secrets, in the transaction that the act is in."""
    access_key_id = check_access_key_id("access key id", credential.access_key_id)
    check_secret("secret", credential.secret)
    for name, extra in credential.extras.items():
        check_secret(name, extra)
    kept = as_kept("secret", credential)
    _check_usable(act, kept, bare)
    key = with_credential(replace(bare, id=access_key_id), act.sealer, kept)
    act.store.add_access_key(key)
    return key


def checked(properties: KeyProperties) -> dict[str, Any]:
    """Return properties as a key has them. Raises ConfigurationError, which names the property."""
    return check_properties(dict(properties), _CHECKS)


def keep(act: Act, before: AccessKey, after: AccessKey) -> AccessKey:
    """Keep ``after``, the next version of ``before``. Raises KeyStateError for a revoked key."""
    if before.status is KeyStatus.REVOKED:
        raise KeyStateError(f"{_told(before)} is revoked, which is final; issue a new one")
    after = replace(after, version=before.version + 1)
    act.store.update_access_key(after)
    return after


def change(act: Act, name: str, access_key_id: str, make: Callable[[AccessKey], AccessKey]) -> AccessKey:
    """Keep what ``make`` makes of a key, and record it under ``name``. Raises as ``update`` does."""
    with act.store.transaction():
        before = act.store.get_access_key(access_key_id)
        act.check_version(_told(before), before.version)
        after = make(before)
        if after == before:
            return before
        after = keep(act, before, after)
        act.record(name, access_key_id, access_key_document(before), access_key_document(after))
    return after


def _names(_place: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


_CHECKS: Final[Mapping[str, Check]] = {
    "name": check_text,
    "apis": _names,
    "scopes": check_scopes,
    "networks": check_networks,
    "expires_at_ms": check_expiry_ms,
    "rate_limit": check_rate_limit,
    "quota_day": check_amount,
    "quota_month": check_amount,
    "labels": check_labels,
    "plan": check_name,
}


def _check_usable(act: Act, credential: Credential, key: AccessKey) -> None:
    shelf = Shelf(act.store.list_schemes())
    check_usable("secret", credential, [api for api in act.store.list_apis() if api.name in key.apis], shelf)


def _forms_for(act: Act, key: AccessKey) -> KeyForms:
    """Return the forms of the first API's first scheme."""
    if not key.apis:
        raise ConfigurationError("apis", "a key for no API has no form", "name an API, or the scheme whose form to use")
    choice = act.store.get_api(key.apis[0]).schemes[0]
    return Shelf(act.store.list_schemes()).get(choice.name, choice.parameters).keys


def _told(key: AccessKey) -> str:
    return f"access key {key.id!r}"
