"""From a manifest and a store to the changes that make the one like the other, and then the changes made.

A plan is data: it can be shown, refused, and carried out later. When it is carried out, each thing must still be as the
plan found it, so that a plan can never undo what someone else did meanwhile, such as revoking a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sealstamp.errors import ConfigurationError, KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.apis import take_from_keys
from sealstamp.keys.audit import Document
from sealstamp.keys.differences import FieldChange, api_differences, consumer_differences, key_differences
from sealstamp.keys.documents import access_key_document, api_document, consumer_document
from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyStatus
from sealstamp.keys.keeping import check_usable, credential_of, with_credential
from sealstamp.keys.manifest import DeclaredKey, Manifest
from sealstamp.keys.planned_consumers import changed_consumers, consumers_to_delete
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.routing import refuse_shared_routes
from sealstamp.keys.schemes import Shelf
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.snapshot import check_api

Subject = Api | Consumer | AccessKey


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    REVOKE = "revoke"
    DELETE = "delete"


class Kind(StrEnum):
    """What a change is about."""

    API = "API"
    CONSUMER = "consumer"
    ACCESS_KEY = "access key"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing before and after; ``before`` is None when it is created, ``after`` when it is deleted."""

    before: Subject | None
    after: Subject | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def action(self) -> Action:
        """What the change does."""
        if self.before is None:
            return Action.CREATE
        if self.after is None:
            return Action.DELETE
        return Action.REVOKE if _is_revoked(self.after) else Action.UPDATE

    @property
    def kind(self) -> Kind:
        """What the change is about."""
        match self.after or self.before:
            case Api():
                return Kind.API
            case Consumer():
                return Kind.CONSUMER
        return Kind.ACCESS_KEY

    @property
    def name(self) -> str:
        """The name of the API or consumer, or the access key's id."""
        subject = self.after or self.before
        return subject.id if isinstance(subject, AccessKey) else subject.name if subject else ""

    @property
    def act(self) -> str:
        """What the audit calls it."""
        return f"{self.kind.replace(' ', '_').lower()}.{self.action}"

    def __str__(self) -> str:
        """Tell the change in one line; a secret is ``***``."""
        line = f"{self.action} {self.kind} {self.name}"
        return f"{line}: {', '.join(map(str, self.fields))}" if self.fields else line


def plan(
    manifest: Manifest, store: KeyStore, sealer: Sealer, *, now_ms: int, prune: bool = False
) -> tuple[Change, ...]:
    """Return what must change for ``store`` to hold what ``manifest`` declares, in the order to carry it out.

    ``now_ms`` (Unix milliseconds) is when new keys are created. With ``prune``, APIs and consumers that are not in the
    file are deleted, and keys that are not in it revoked, but for sub keys, which are their distributors' and end with
    these; a consumer that holds such keys stays, for they stay. Raises
    ConfigurationError for what cannot be, such as a key that was revoked, and UnsealingError.
    """
    shelf = Shelf(store.list_schemes())
    for api in manifest.apis:
        check_api(api, shelf)
    for entry in manifest.access_keys:
        check_usable(entry.place, entry.credential, [api for api in manifest.apis if api.name in entry.apis], shelf)
    old_apis, old_consumers = store.list_apis(), store.list_consumers()
    if not prune:
        _refuse_routes_of_others(manifest, old_apis)
    changes = [
        *_put_consumers(manifest, old_consumers),
        *_put_apis(old_apis, manifest.apis),
        *_put_keys(manifest.access_keys, store, sealer, now_ms),
    ]
    if prune:
        changes += _prune(manifest, store, old_apis, old_consumers)
    return tuple(changes)


def carry_out(act: Act, changes: Sequence[Change]) -> None:
    """Make the changes, all of them or none.

    Raises KeyStateError when the store is no longer as the plan found it.
    """
    with act.store.transaction():
        _refuse_if_stale(changes, act.store)
        for change in changes:
            _make(change, act)
            act.record(change.act, change.name, _document(change.before), _document(change.after))


def _put_consumers(manifest: Manifest, old: Iterable[Consumer]) -> Iterator[Change]:
    for before, after in changed_consumers(manifest, old):
        fields = () if before is None else consumer_differences(before, after)
        yield Change(before, after, fields)


def _put_apis(old: Iterable[Api], new: Iterable[Api]) -> Iterator[Change]:
    """Give the creations and updates that lead from ``old`` to ``new``."""
    known = {one.name: one for one in old}
    for after in new:
        before = known.get(after.name)
        if before is None:
            yield Change(None, after)
        elif before != replace(after, version=before.version):
            following = replace(after, version=before.version + 1)
            yield Change(before, following, api_differences(before, after))


def _put_keys(declared: Iterable[DeclaredKey], store: KeyStore, sealer: Sealer, now_ms: int) -> Iterator[Change]:
    for entry in declared:
        before = store.find_access_key(entry.credential.access_key_id)
        if before is None:
            yield Change(None, _new_key(entry, sealer, now_ms))
            continue
        if before.status is KeyStatus.REVOKED:
            problem = "this key was revoked, which is final"
            raise ConfigurationError(entry.place, problem, "take it out of the file, or declare a key with a new id")
        after = _updated_key(before, entry, sealer)
        if after != before:
            yield Change(before, _next(after), key_differences(before, after))


def _new_key(entry: DeclaredKey, sealer: Sealer, now_ms: int) -> AccessKey:
    bare = AccessKey(
        id=entry.credential.access_key_id,
        sealed_secret=b"",
        consumer=entry.consumer,
        apis=entry.apis,
        status=entry.status,
        created_at_ms=now_ms,
        expires_at_ms=entry.expires_at_ms,
        **entry.properties,
    )
    return with_credential(bare, sealer, entry.credential)


def _updated_key(before: AccessKey, entry: DeclaredKey, sealer: Sealer) -> AccessKey:
    """Return the key as declared; sealed anew only for other secrets, as no two sealings look the same."""
    same = credential_of(before, sealer) == entry.credential
    return replace(
        before if same else with_credential(before, sealer, entry.credential),
        consumer=entry.consumer,
        apis=entry.apis,
        status=entry.status,
        expires_at_ms=entry.expires_at_ms,
        **entry.properties,
    )


def _next(key: AccessKey) -> AccessKey:
    return replace(key, version=key.version + 1)


def _prune(
    manifest: Manifest, store: KeyStore, old_apis: Iterable[Api], old_consumers: Iterable[Consumer]
) -> Iterator[Change]:
    """Give what removes all that is not in the file; keys first, for they refer to the others."""
    declared = {key.credential.access_key_id for key in manifest.access_keys}
    others = [key for key in store.list_access_keys() if key.id not in declared]
    for key in others:
        if key.status is not KeyStatus.REVOKED and key.issuer is None:
            yield Change(key, _next(replace(key, status=KeyStatus.REVOKED)))
    kept_apis = {api.name for api in manifest.apis}
    yield from (Change(api, None) for api in old_apis if api.name not in kept_apis)
    going = consumers_to_delete(manifest, old_consumers, {key.consumer for key in others})
    yield from (Change(one, None) for one in going)


def _refuse_routes_of_others(manifest: Manifest, old_apis: Iterable[Api]) -> None:
    """Refuse an API on the route of one that is not in the file and stays."""
    declared = {api.name for api in manifest.apis}
    staying = [api for api in old_apis if api.name not in declared]
    refuse_shared_routes(manifest.place, (*staying, *manifest.apis))


def _refuse_if_stale(changes: Iterable[Change], store: KeyStore) -> None:
    current: Mapping[Kind, Mapping[str, Subject]] = {
        Kind.API: {api.name: api for api in store.list_apis()},
        Kind.CONSUMER: {one.name: one for one in store.list_consumers()},
    }
    for change in changes:
        known = current.get(change.kind)
        now = store.find_access_key(change.name) if known is None else known.get(change.name)
        if now != change.before:
            raise KeyStateError(f"{change.kind} {change.name} was changed after the plan was made; plan again")


def _make(change: Change, act: Act) -> None:
    store = act.store
    match change.after:
        case Api() as api:
            store.put_api(api)
        case Consumer() as consumer:
            store.put_consumer(consumer)
        case AccessKey() as key if change.before is None:
            store.add_access_key(key)
        case AccessKey() as key:
            store.update_access_key(key)
        case None if change.kind is Kind.API:
            take_from_keys(act, change.name)
            store.delete_api(change.name)
        case None:
            store.delete_consumer(change.name)


def _document(subject: Subject | None) -> Document | None:
    match subject:
        case Api():
            return api_document(subject)
        case Consumer():
            return consumer_document(subject)
        case AccessKey():
            return access_key_document(subject)
    return None


def _is_revoked(subject: Subject) -> bool:
    return isinstance(subject, AccessKey) and subject.status is KeyStatus.REVOKED
