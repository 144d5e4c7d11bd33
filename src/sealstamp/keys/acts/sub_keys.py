"""Sub keys: issued by a distributor to its customers, changed, rotated, suspended and resumed, revoked, deleted.

``by`` is the id of the distributor's key that signs. Every act is refused for what is not the distributor's own, as if
it were not there, and for what is beyond that key. What an operator has disabled only an operator enables: suspending
is apart from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Unpack

from sealstamp.core.credential import Credential
from sealstamp.errors import ConfigurationError
from sealstamp.keys.acts import access_keys, rotation
from sealstamp.keys.acts.access_keys import KeyProperties
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.distributing import check_cap, check_names_keys, get_customer, get_distributor, get_sub_key
from sealstamp.keys.distributors import Distributor, check_on_plan, check_within
from sealstamp.keys.domain import AccessKey

LONGEST_GRACE_MS: Final = 90 * 86_400_000


def issue(act: Act, by: str, *, consumer: str, **properties: Unpack[KeyProperties]) -> tuple[AccessKey, Credential]:
    """Make a sub key for a customer; the credential is to be shown once.

    Raises NotFoundError for the customer, KeyStateError at the cap, and ConfigurationError for what cannot be, and for
    what is beyond the distributor's own key.
    """
    with act.store.transaction():
        distributor = get_distributor(act, by)
        get_customer(act, distributor, consumer)
        _check(act, properties, distributor)
        made = access_keys.issue(act, consumer=consumer, issued_by=distributor.key, **properties)
        _check_plan(act, distributor, made[0])
        check_cap(act, distributor)
    return made


def update(act: Act, by: str, access_key_id: str, **changes: Unpack[KeyProperties]) -> AccessKey:
    """Change properties of a sub key.

    Raises NotFoundError, KeyStateError for a revoked key, StaleVersionError, and ConfigurationError for what cannot be,
    for what is beyond the distributor's own key, and for a later end of a key that was rotated.
    """
    with act.store.transaction():
        distributor = get_distributor(act, by)
        before = get_sub_key(act, distributor, access_key_id)
        _check(act, changes, distributor)
        after = access_keys.update(act, access_key_id, **changes)
        _check_not_prolonged(before, after)
        _check_plan(act, distributor, after)
    return after


def rotate(
    act: Act, by: str, access_key_id: str, grace_ms: int, **changes: Unpack[KeyProperties]
) -> tuple[AccessKey, Credential]:
    """Make a new pair for a sub key, and end the old one after ``grace_ms``. While both may be used, both count.

    Raises as ``issue`` does, and KeyStateError for a key that is not active, has ended or was rotated before.
    """
    if grace_ms > LONGEST_GRACE_MS:
        raise ConfigurationError("grace", "it is more than 90 days", "give 90d or less")
    with act.store.transaction():
        distributor = get_distributor(act, by)
        get_sub_key(act, distributor, access_key_id)
        _check(act, changes, distributor)
        made = rotation.rotate(act, access_key_id, grace_ms, **changes)
        _check_plan(act, distributor, made[0])
        check_cap(act, distributor)
    return made


def suspend(act: Act, by: str, access_key_id: str) -> AccessKey:
    """Refuse a sub key until it is resumed. Raises NotFoundError, StaleVersionError, KeyStateError if it is revoked."""
    return _hold(act, by, access_key_id, "access_key.suspend", suspended=True)


def resume(act: Act, by: str, access_key_id: str) -> AccessKey:
    """Accept a suspended sub key again. Raises NotFoundError, StaleVersionError, KeyStateError if it is revoked."""
    return _hold(act, by, access_key_id, "access_key.resume", suspended=False)


def revoke(act: Act, by: str, access_key_id: str) -> AccessKey:
    """Refuse a sub key for ever. Raises NotFoundError, StaleVersionError."""
    with act.store.transaction():
        get_sub_key(act, get_distributor(act, by), access_key_id)
        return access_keys.revoke(act, access_key_id)


def delete(act: Act, by: str, access_key_id: str) -> None:
    """Forget a revoked sub key. Raises NotFoundError, StaleVersionError, KeyStateError if it is not revoked."""
    with act.store.transaction():
        get_sub_key(act, get_distributor(act, by), access_key_id)
        access_keys.delete(act, access_key_id)


def _hold(act: Act, by: str, access_key_id: str, name: str, *, suspended: bool) -> AccessKey:
    with act.store.transaction():
        get_sub_key(act, get_distributor(act, by), access_key_id)
        return access_keys.change(act, name, access_key_id, lambda key: replace(key, suspended_by_issuer=suspended))


def _check(act: Act, properties: KeyProperties, distributor: Distributor) -> None:
    checked = access_keys.checked(properties)
    check_within(checked, distributor)
    check_names_keys(act, checked.get("apis", ()))


def _check_plan(act: Act, distributor: Distributor, key: AccessKey) -> None:
    """Raise ConfigurationError where there must be a plan, and neither the key nor its holder is on one."""
    if key.plan is None and act.store.get_consumer(key.consumer).plan is None:
        check_on_plan(None, distributor)


def _check_not_prolonged(before: AccessKey, after: AccessKey) -> None:
    """A key that was rotated no longer counts once it has ended: so it must not live on."""
    ends_ms, later_ms = before.expires_at_ms, after.expires_at_ms
    if before.replaced_by is not None and ends_ms is not None and (later_ms is None or later_ms > ends_ms):
        problem = "the key was rotated, and ends when its grace is over"
        raise ConfigurationError("expires_at_ms", problem, "give an earlier time, or leave it out")
