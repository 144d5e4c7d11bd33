"""Who distributes, read in the very transaction of the act; and what is its own, beside which it sees nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.distributors import Distributor, distributor_of
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.schemes import Shelf


def get_distributor(act: Act, access_key_id: str) -> Distributor:
    """Return who signs with a key. Raises KeyStateError when it may no longer distribute."""
    distributor = distributor_of(act.store.find_held_key(access_key_id), act.now_ms)
    if distributor is None:
        raise KeyStateError("this access key may no longer distribute")
    return distributor


def get_customer(act: Act, distributor: Distributor, name: str) -> Consumer:
    """Return a consumer right below the distributor. Raises NotFoundError for every other."""
    found = act.store.find_consumer(name)
    if found is None or found.parent != distributor.name:
        raise NotFoundError(f"you have no consumer {name!r}")
    return found


def get_sub_key(act: Act, distributor: Distributor, access_key_id: str) -> AccessKey:
    """Return a key that the distributor has issued. Raises NotFoundError for every other."""
    found = act.store.find_access_key(access_key_id)
    if found is None or found.issuer != distributor.name:
        raise NotFoundError(f"you have no sub key {access_key_id!r}")
    return found


def check_names_keys(act: Act, apis: Iterable[str]) -> None:
    """Raise ConfigurationError for an API with a scheme that names no key.

    There the door tries every key, and so has room for few: a distributor could leave none of it to others.
    """
    shelf = Shelf(act.store.list_schemes())
    for api in map(act.store.get_api, apis):
        if not all(shelf.get(choice.name, choice.parameters).names_key for choice in api.schemes):
            problem = f"{api.name!r} takes requests that name no key, and so no sub keys"
            raise ConfigurationError("apis", problem, "ask the provider for a key")


def check_cap(act: Act, distributor: Distributor) -> None:
    """Raise KeyStateError when the distributor, or one above it, has more sub keys than it may.

    It is asked after a key was added, in the same transaction: writers come one after another, so no two of them can
    both take the last place.
    """
    for consumer in distributor.line:
        most = consumer.max_sub_keys
        if most is not None and act.store.count_sub_keys(consumer.name, act.now_ms) > most:
            own = consumer is distributor.consumer
            problem = f"you may have {most} sub keys" if own else "those above you allow no more sub keys"
            raise KeyStateError(f"{problem}\nhint: revoke one; or, to rotate one, give no grace")
