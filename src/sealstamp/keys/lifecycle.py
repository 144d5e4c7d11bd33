"""The life of an access key: issued or imported, disabled and enabled, given an end, and at last revoked.

::

            disable
    ACTIVE ────────▶ DISABLED
      │    ◀────────    │
      │     enable      │
      └──────▶ REVOKED ◀┘     final

An act that finds the key as it would leave it changes nothing. Every act is one transaction of the store, and every
time is an argument, in Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.forms import Choose, Form
from sealstamp.errors import KeyStateError
from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.keeping import as_kept, check_usable, credential_of, is_current, with_credential
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.rules import check_access_key_id, check_expiry_ms, check_secret
from sealstamp.keys.sealing import Sealer

_ISSUE_ATTEMPTS: Final = 8
_NO_FORMS: Final[Mapping[str, Form]] = MappingProxyType({})


def issue(
    store: KeyStore,
    sealer: Sealer,
    *,
    consumer: str,
    apis: Iterable[str],
    id_form: Form,
    secret_form: Form,
    choose: Choose,
    now_ms: int,
    expires_at_ms: int | None = None,
    extra_forms: Mapping[str, Form] = _NO_FORMS,
) -> tuple[AccessKey, Credential]:
    """Make a new access key; the credential is to be shown once, and its secrets are kept only sealed.

    Where the secret is the private key of a pair, it is not kept at all. ``choose`` picks as ``secrets.choice`` does.
    Raises NotFoundError for the consumer or an API, KeyStateError when ``id_form`` gives only ids that are taken, and
    ConfigurationError for an id or a time that cannot be, and for a kind of secret that an API cannot use.
    """
    for _ in range(_ISSUE_ATTEMPTS):
        extras = {name: Secret(form.make(choose)) for name, form in extra_forms.items()}
        credential = Credential(id_form.make(choose), Secret(secret_form.make(choose)), extras)
        key = _sealed_key(store, sealer, credential, consumer, apis, now_ms, expires_at_ms)
        with store.transaction():
            if store.find_access_key(key.id) is None:
                store.add_access_key(key)
                return key, credential
    raise KeyStateError(f"{_ISSUE_ATTEMPTS} new access key ids were all taken; use a longer form of id")


def import_pair(
    store: KeyStore,
    sealer: Sealer,
    credential: Credential,
    *,
    consumer: str,
    apis: Iterable[str],
    now_ms: int,
    expires_at_ms: int | None = None,
) -> AccessKey:
    """Keep a pair that exists already.

    Of a private key, the public key is kept. Raises ConfigurationError for an id, secret or time that cannot be, and
    for a kind of secret that an API cannot use, KeyStateError when the id is taken, and NotFoundError for the consumer
    or an API.
    """
    key = _sealed_key(store, sealer, credential, consumer, apis, now_ms, expires_at_ms)
    store.add_access_key(key)
    return key


def enable(store: KeyStore, access_key_id: str) -> AccessKey:
    """Let a disabled key be used again. Raises NotFoundError, or KeyStateError for a revoked key."""
    return _move(store, access_key_id, KeyStatus.ACTIVE)


def disable(store: KeyStore, access_key_id: str) -> AccessKey:
    """Stop a key until it is enabled. Raises NotFoundError, or KeyStateError for a revoked key."""
    return _move(store, access_key_id, KeyStatus.DISABLED)


def revoke(store: KeyStore, access_key_id: str) -> AccessKey:
    """Stop a key for ever. Raises NotFoundError."""
    return _move(store, access_key_id, KeyStatus.REVOKED)


def expire_at(store: KeyStore, access_key_id: str, at_ms: int | None) -> AccessKey:
    """Set when a key ends, in Unix milliseconds, or None for no end; a time that has passed ends it now.

    Raises NotFoundError, KeyStateError for a revoked key, and ConfigurationError for a time that cannot be.
    """
    check_expiry_ms("expires_at_ms", at_ms)
    with store.transaction():
        key = store.get_access_key(access_key_id)
        return _keep(store, key, replace(key, expires_at_ms=at_ms))


def reseal(store: KeyStore, sealer: Sealer) -> int:
    """Seal anew every secret that an older sealing key sealed, and return how many; all of them or none.

    After it, older sealing keys are no longer needed. Raises UnsealingError.
    """
    with store.transaction():
        stale = [key for key in store.list_access_keys() if not is_current(key, sealer)]
        for key in stale:
            store.update_access_key(with_credential(key, sealer, credential_of(key, sealer)))
    return len(stale)


def _sealed_key(
    store: KeyStore,
    sealer: Sealer,
    credential: Credential,
    consumer: str,
    apis: Iterable[str],
    now_ms: int,
    expires_at_ms: int | None,
) -> AccessKey:
    """Check the pair, and make of it the key that a store keeps."""
    access_key_id = check_access_key_id("access key id", credential.access_key_id)
    check_secret("secret", credential.secret)
    for name, extra in credential.extras.items():
        check_secret(name, extra)
    names = tuple(sorted(set(apis)))
    kept = as_kept("secret", credential)
    check_usable("secret", kept, [api for api in store.list_apis() if api.name in names])
    bare = AccessKey(
        id=access_key_id,
        sealed_secret=b"",
        consumer=consumer,
        apis=names,
        created_at_ms=now_ms,
        expires_at_ms=check_expiry_ms("expires_at_ms", expires_at_ms),
    )
    return with_credential(bare, sealer, kept)


def _move(store: KeyStore, access_key_id: str, status: KeyStatus) -> AccessKey:
    with store.transaction():
        key = store.get_access_key(access_key_id)
        return _keep(store, key, replace(key, status=status))


def _keep(store: KeyStore, before: AccessKey, after: AccessKey) -> AccessKey:
    if after == before:
        return before
    if before.status is KeyStatus.REVOKED:
        raise KeyStateError(f"access key {before.id!r} is revoked, which is final; issue a new one")
    store.update_access_key(after)
    return after
