"""What a process knows at one epoch of the store: every API with its verifiers, and the keys met so far.

When the store's epoch moves, the store tells what has changed since; that leaves, and the rest stays: with a million
keys, and somebody always changing one, a process that forgot all of them each time would do nothing but read keys. A
look-up that was under way meanwhile is not kept, so a revoked key cannot come back behind its revocation.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.material import MisfitError
from sealstamp.core.request import Request
from sealstamp.core.scheme import ResponseProfile
from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.errors import (
    ConfigurationError,
    MalformedCredentialsError,
    NotFoundError,
    SchemeError,
    StoreUnavailableError,
)
from sealstamp.keys.changes import EVERYTHING, Kind, News
from sealstamp.keys.domain import AccessKey, Api, Consumer, Enforcement
from sealstamp.keys.in_force import HeldKey, in_force_at
from sealstamp.keys.keeping import credential_of
from sealstamp.keys.key_cache import KeyCache, KeyShelf
from sealstamp.keys.ports import KeySource, KeyStore
from sealstamp.keys.routing import Routes
from sealstamp.keys.rules import is_access_key_id
from sealstamp.keys.schemes import CATALOGUE, Shelf
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.terms import Terms, terms_of

MAX_CANDIDATES: Final = 100
"""An API whose scheme names no key tries all of its keys on each request, so there can be only so many."""
_NOBODY: Final = "nobody"
PROBLEM: Final = "problem"
"""The response profile of RFC 9457, which needs no scheme."""


class AcceptedScheme(KeyShelf, ABC):
    """One scheme at one API: its verifier, and its keys, ready to verify. Where they come from, a subclass knows."""

    def __init__(self, api: Api, verifier: Verifier, cache: KeyCache) -> None:
        super().__init__()
        self.api = api
        self.verifier = verifier
        self._cache = cache
        self.find_cached: Callable[[bytes], BoundKey | None] = self.keys.get
        """Return a key that was met before, or None; never blocks."""
        cache.add_shelf(api.name, self)

    def find_key(self, access_key_id: bytes) -> BoundKey | None:
        """Return the key with this id, or what stands for one that there is not; may block.

        Both are as much work, and both are met again in memory, so that time tells nobody which ids there are. None is
        returned for what can be no id. Raises StoreUnavailableError.
        """
        named = access_key_id.decode("latin-1")
        if not is_access_key_id(named):
            return None
        generation = self._cache.generation
        key = self._read(named) or self.verifier.bind_stranger(named)
        self._cache.put(self, access_key_id, key, generation)
        return key

    def find_candidates(self) -> tuple[BoundKey, ...]:
        """Read the API's keys, active ones first, MAX_CANDIDATES at most; may block. Raises StoreUnavailableError."""
        generation = self._cache.generation
        candidates = tuple(self._read_candidates())
        self._cache.put_candidates(self, candidates, generation)
        return candidates

    @abstractmethod
    def _read(self, access_key_id: str) -> BoundKey | None:
        """Return the key with this id, or None. Raises StoreUnavailableError."""

    @abstractmethod
    def _read_candidates(self) -> Iterable[BoundKey]:
        """Return what ``find_candidates`` does."""


class StoredKeys(AcceptedScheme):
    """A scheme whose keys are in a store, their secrets sealed."""

    def __init__(self, api: Api, verifier: Verifier, store: KeySource, sealer: Sealer, cache: KeyCache) -> None:
        super().__init__(api, verifier, cache)
        self._store = store
        self._sealer = sealer
        self._stand_in = _stand_in(api, sealer)

    def _read(self, access_key_id: str) -> BoundKey:
        """Return the key with this id, or, after as much work, what stands for it."""
        found = self._store.find_held_key(access_key_id)
        return self._bind_stranger(access_key_id) if found is None else self._bind(found)

    def _read_candidates(self) -> Iterable[BoundKey]:
        return map(self._bind, self._store.list_candidates(self.api.name, MAX_CANDIDATES))

    def _bind_stranger(self, access_key_id: str) -> BoundKey:
        credential, _, _ = self._opened(self._stand_in)
        try:
            return self.verifier.bind_stranger(access_key_id, credential)
        except ConfigurationError:  # a shared secret fits most schemes, and not all
            return self.verifier.bind_stranger(access_key_id)

    def _opened(self, held: HeldKey) -> tuple[Credential, Mapping[str, Any], Terms | None]:
        """Return with what a key is verified, what else is bound to it, and its terms."""
        key, line = in_force_at(held, self.api.name)
        until_ms = NEVER_MS if key.expires_at_ms is None else key.expires_at_ms
        facts = {
            "consumer": key.consumer,
            "scopes": key.scopes,
            "usable_until_ms": until_ms if _is_active(key, line) else 0,
            "permitted": self.api.name in key.apis and set(self.api.scopes) <= set(key.scopes),
        }
        return credential_of(key, self._sealer), facts, terms_of(key, line)

    def _bind(self, held: HeldKey) -> BoundKey:
        try:
            credential, facts, terms = self._opened(held)
            bound = self.verifier.bind(credential, **facts)
            bound.terms = terms
        except MisfitError:  # of several schemes at an API, the key is for another
            return self.verifier.bind_misfit(held.key.id, consumer=held.key.consumer)
        except ConfigurationError as error:
            raise StoreUnavailableError(str(error)) from None
        except ValueError as error:  # nobody may be let in by terms that cannot be read
            raise StoreUnavailableError(f"the terms of access key {held.key.id} cannot be read: {error}") from None
        return bound


def _stand_in(api: Api, sealer: Sealer) -> HeldKey:
    """Return what is opened in place of a key that there is not, so that this takes as long; nobody has its secret."""
    secret = Secret(os.urandom(32).hex())  # which is base64 too
    key = AccessKey(_NOBODY, sealer.seal(_NOBODY, secret), _NOBODY, (api.name,), scopes=api.scopes)
    return HeldKey(key, [Consumer(_NOBODY)])


def _is_active(key: AccessKey, line: Sequence[Consumer]) -> bool:
    """Tell whether a key may be used, its time apart: also its consumer, and every one above it, must be active."""
    return key.is_active and bool(line) and all(consumer.is_active for consumer in line)


class GuardedApi:
    """An API ready to be guarded; or one that cannot be, with the ``problem``, whose requests are all refused.

    ``versions`` are those of its schemes, where they were uploaded.
    """

    def __init__(
        self,
        api: Api,
        accepted: tuple[AcceptedScheme, ...],
        responses: ResponseProfile | None,
        problem: str | None = None,
        versions: tuple[int, ...] = (),
    ) -> None:
        self.api = api
        self.versions = versions
        self.name = api.name
        self.looks = api.enforcement is not Enforcement.OFF
        self.only_observes = api.enforcement is Enforcement.OBSERVE
        self.problem = problem
        self.host = api.host
        self.path_prefix = api.path_prefix
        self.accepted = accepted
        self.accepts_several = len(accepted) > 1
        self.responses = responses
        self.may_need_body = any(entry.verifier.may_need_body for entry in accepted)
        self.digests_body = any(entry.verifier.digests_body for entry in accepted)

    def reads_body(self, request: Request) -> bool:
        """Tell whether the body must be at hand to decide about this request."""
        verifiers = [entry.verifier for entry in self.accepted]
        with suppress(MalformedCredentialsError):  # whoever decides is told again
            return any(one.reads_body(request) and (one.needs_body or one.recognises(request)) for one in verifiers)
        return False

    def scheme_of(self, request: Request) -> AcceptedScheme:
        """Return the first accepted scheme whose signature the request carries, else the first of all.

        Raises MalformedCredentialsError for a request that cannot be read.
        """
        return next((entry for entry in self.accepted if entry.verifier.recognises(request)), self.accepted[0])


class Snapshot:
    """Every API at one epoch. ``epoch`` is compared for difference only."""

    def __init__(self, epoch: int, by_name: Mapping[str, GuardedApi], routes: Routes[GuardedApi]) -> None:
        self.epoch = epoch
        self.by_name = by_name
        self.routes = routes


def take_snapshot(store: KeyStore, sealer: Sealer, cache: KeyCache) -> Snapshot:
    """Read the store anew, into an empty ``cache``. Raises StoreUnavailableError.

    The epoch is read first: what is read after it is at least that new.
    """
    epoch = store.epoch()
    return _snapshot(epoch, _Guards(store, sealer, cache), {})


def renew_snapshot(before: Snapshot, store: KeyStore, sealer: Sealer, cache: KeyCache) -> Snapshot:
    """Return ``before`` where nothing has changed; else let what has changed leave the cache.

    Verifiers of APIs that did not change are taken over. Raises StoreUnavailableError.
    """
    news = store.changes_since(before.epoch)
    if news.epoch == before.epoch:
        return before
    _forget(news, store, cache)
    if news.names(Kind.API) or EVERYTHING in news.changes:
        return _snapshot(news.epoch, _Guards(store, sealer, cache), before.by_name)
    return Snapshot(news.epoch, before.by_name, before.routes)


def _forget(news: News, store: KeyStore, cache: KeyCache) -> None:
    if EVERYTHING in news.changes:
        cache.forget_all()
    else:
        ids = news.names(Kind.ACCESS_KEY)
        # A key that is new among the candidates of an API is not known to the cache.
        cache.forget(news, store.apis_of_access_keys(ids) if ids and cache.has_candidates else set())


def _snapshot(epoch: int, guards: _Guards, before: Mapping[str, GuardedApi]) -> Snapshot:
    by_name = {api.name: guards.make(api, before.get(api.name)) for api in guards.store.list_apis()}
    return Snapshot(epoch, by_name, Routes(by_name.values()))


class _Guards:
    """Makes APIs ready, with the schemes that there are now."""

    def __init__(self, store: KeyStore, sealer: Sealer, cache: KeyCache) -> None:
        self.store = store
        self._sealer = sealer
        self._cache = cache
        self._schemes = Shelf(store.list_schemes())

    def make(self, api: Api, before: GuardedApi | None) -> GuardedApi:
        """Make an API ready. One that a newer catalogue or another hand has spoilt must not take others along."""
        versions = tuple(self._schemes.version_of(choice.name) for choice in api.schemes)
        same = before if before and (before.api, before.versions, before.problem) == (api, versions, None) else None
        if same is not None and all(entry.is_open for entry in same.accepted):
            return same
        try:
            verifiers = [entry.verifier for entry in same.accepted] if same else _verifiers(api, self._schemes)
            responses = response_profile(api, self._schemes)
        except (SchemeError, ConfigurationError, NotFoundError) as error:
            return GuardedApi(api, (), None, str(error))
        accepted = tuple(StoredKeys(api, each, self.store, self._sealer, self._cache) for each in verifiers)
        return GuardedApi(api, accepted, responses, versions=versions)


def check_api(api: Api, shelf: Shelf = CATALOGUE) -> None:
    """Raise ConfigurationError unless the API can be guarded as it is described, with the schemes of ``shelf``."""
    try:
        _verifiers(api, shelf)
        response_profile(api, shelf)
    except (SchemeError, ConfigurationError, NotFoundError) as error:
        problem, _, hint = str(error).partition("\nhint: ")
        raise ConfigurationError(f"API {api.name}", problem, hint) from None


def _verifiers(api: Api, shelf: Shelf) -> list[Verifier]:
    schemes = [shelf.get(choice.name, choice.parameters) for choice in api.schemes]
    return [Verifier(scheme, replay_by=api.replay, scope=api.name, body_later=True) for scheme in schemes]


def response_profile(api: Api, shelf: Shelf) -> ResponseProfile | None:
    """Return the envelope for an API's refusals; None for RFC 9457. Raises NotFoundError for an unknown profile."""
    name = api.response_profile or api.schemes[0].name
    return None if name == PROBLEM else shelf.get(name).responses
