"""A store of Sealstamp's own, for applications that guard themselves with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sealstamp import Credential
from sealstamp.guarding.store import StoreGuard, open_guard
from sealstamp.keys.usage import LastUse, UsageBy, UsageFilter
from tests.server.service import Service

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/"
schemes = ["rfc9421"]

[[apis]]
name = "watched"
path_prefix = "/watched"
schemes = ["stardust"]
enforcement = "observe"
"""
SMALL = {"replay_capacity": 1_000, "limited_keys": 1_000}
"""Less than a disk of a test run would notice."""


def stored(folder: Path, **settings: str | int) -> Service:
    """A store with two APIs; nothing serves from it."""
    service = Service(folder, **(SMALL | settings))
    service.prepare(MANIFEST)
    return service


def add_key(service: Service, api: str = "shop", **terms: Any) -> Credential:
    pair = service.add_pair(api)
    with service.opened_store() as store:
        store.update_access_key(replace(store.get_access_key(pair.access_key_id), **terms))
    return Credential.of(pair.access_key_id, pair.secret)


@contextlib.contextmanager
def guarding(service: Service, api: str = "shop", **settings: Any) -> Iterator[StoreGuard]:
    with open_guard(api, service.config, **settings) as guard:
        yield guard


def usage_of(service: Service, key: Credential) -> dict[str, int]:
    """How often each reason was met with the key, as the store has it."""
    with service.opened_store() as store:
        sums = store.sum_usage(UsageFilter(access_key_id=key.access_key_id), [UsageBy.REASON])
    return {str(one.of[0]): one.requests for one in sums}


def last_use_of(service: Service, key: Credential) -> LastUse | None:
    with service.opened_store() as store:
        return store.find_last_use(key.access_key_id)
