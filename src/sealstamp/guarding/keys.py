"""The access keys that an application gives its guard."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import ClassVar, Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.material import MisfitError
from sealstamp.core.record import Record
from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.addresses import Networks
from sealstamp.keys.domain import Api
from sealstamp.keys.keeping import as_kept
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.limits import parse_rate_limit
from sealstamp.keys.snapshot import MAX_CANDIDATES, AcceptedScheme
from sealstamp.keys.terms import Terms

LOG: Final = logging.getLogger("sealstamp.guarding")

Material = str | bytes | Secret | Credential
"""A secret, or, of a key pair, its public key in PEM; a Credential where a key has further secrets."""


class Key(Record):
    """An access key, as an application knows it.

    ``consumer`` is whom it belongs to; the access key id if empty. ``scopes`` are what it may be used for, in the
    application's own words. ``usable_until_ms`` is Unix milliseconds, 0 for a key that is disabled. ``rate_limit`` is
    such as ``100/minute``; each process counts for itself. ``networks`` are those it may be used from, in CIDR
    notation; none means any.
    """

    _hidden: ClassVar[frozenset[str]] = frozenset({"secret"})

    secret: Material
    consumer: str = ""
    scopes: tuple[str, ...] = ()
    usable_until_ms: int = NEVER_MS
    rate_limit: str | None = None
    networks: tuple[str, ...] = ()


Given = Key | Material
FindKey = Callable[[str], Given | None]
Keys = Mapping[str, Given] | FindKey
"""Keys by access key id: all of them, or what looks one up, and may block."""


class SuppliedKeys(AcceptedScheme):
    """A scheme whose keys the application gives. With ``blocks`` a key is looked up in the thread that asks for it.

    Raises ConfigurationError for a look-up where a scheme names no key, so that all of them have to be tried.
    """

    def __init__(self, api: Api, verifier: Verifier, keys: Keys, cache: KeyCache, *, blocks: bool = False) -> None:
        super().__init__(api, verifier, cache)
        if blocks:
            self.find_cached = self._find_now
            self._nobody = verifier.bind_stranger("")
        self._all = keys if isinstance(keys, Mapping) else None
        self._find: FindKey = keys.get if isinstance(keys, Mapping) else keys
        if self._all is None and not verifier.names_key:
            problem = "its requests name no access key, so every key has to be tried"
            raise ConfigurationError(f"scheme {verifier.scheme.name}", problem, "give the keys as a mapping")
        if self._all is not None:
            self._check(self._all)

    def _find_now(self, access_key_id: bytes) -> BoundKey:
        return self.keys.get(access_key_id) or self.find_key(access_key_id) or self._nobody

    def _read(self, access_key_id: str) -> BoundKey | None:
        try:
            given = self._find(access_key_id)
        except Exception as error:  # whatever a look-up fails with, nobody may be let in
            LOG.exception("the look-up of an access key failed")
            raise StoreUnavailableError(f"the look-up of an access key failed: {type(error).__name__}") from None
        return None if given is None else self._bind(access_key_id, given)

    def _read_candidates(self) -> Iterable[BoundKey]:
        keys = self._all or {}
        return [self._bind(named, given) for named, given in islice(keys.items(), MAX_CANDIDATES)]

    def _bind(self, access_key_id: str, given: Given) -> BoundKey:
        try:
            return _bound(self.verifier, access_key_id, given)
        except (ConfigurationError, ValueError) as error:
            raise StoreUnavailableError(f"access key {access_key_id} cannot be used: {error}") from None

    def _check(self, keys: Mapping[str, Given]) -> None:
        """Raise ConfigurationError for a key that can verify nothing, while somebody is there to read it."""
        if not self.verifier.names_key and len(keys) > MAX_CANDIDATES:
            problem = f"{len(keys)} keys would all be tried on each request, for the scheme names none"
            raise ConfigurationError("keys", problem, f"give {MAX_CANDIDATES} keys at most")
        for access_key_id, given in islice(keys.items(), MAX_CANDIDATES):
            try:
                _bound(self.verifier, access_key_id, given)
            except ValueError as error:
                hint = "networks are in CIDR notation, such as 203.0.113.0/24"
                raise ConfigurationError(f"access key {access_key_id}", str(error), hint) from None


def _bound(verifier: Verifier, access_key_id: str, given: Given) -> BoundKey:
    """Make a key ready. Raises ConfigurationError or ValueError for what cannot be read."""
    key = given if isinstance(given, Key) else Key(given)
    consumer = key.consumer or access_key_id
    secret = key.secret
    if not isinstance(secret, Credential):
        secret = Credential(access_key_id, secret if isinstance(secret, Secret) else Secret(secret))
    credential = as_kept(f"access key {access_key_id}", secret.replace(access_key_id=access_key_id))
    try:
        bound = verifier.bind(
            credential, consumer=consumer, usable_until_ms=key.usable_until_ms, scopes=tuple(key.scopes)
        )
    except MisfitError:  # of several schemes, the key is for another
        return verifier.bind_misfit(access_key_id, consumer=consumer)
    bound.terms = _terms_of(access_key_id, key)
    return bound


def _terms_of(access_key_id: str, key: Key) -> Terms | None:
    if not key.rate_limit and not key.networks:
        return None
    rate = parse_rate_limit(f"access key {access_key_id}", key.rate_limit) if key.rate_limit else None
    return Terms(access_key_id, Networks(key.networks) if key.networks else None, rate)
