from __future__ import annotations

from collections.abc import Iterator

import pytest

from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.stores.sql import SqlStore, open_store


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(SealingKey.of(b"k" * 32))


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An empty store."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def shop(store: SqlStore) -> SqlStore:
    """A store with the API ``shop`` and the consumer ``acme``."""
    store.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    store.put_consumer(Consumer("acme"))
    return store
