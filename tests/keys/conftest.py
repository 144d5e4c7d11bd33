from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.stores.sql import SqlStore, open_store


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(SealingKey.of(b"k" * 32))


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that has this version's tables: to copy it takes far less than to make one."""
    file = tmp_path_factory.mktemp("empty") / "keys.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def store(url: str, path: Path, empty_file: Path) -> Iterator[SqlStore]:
    """An empty store."""
    if url.startswith("sqlite"):
        path.parent.mkdir()
        shutil.copy(empty_file, path)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def shop(store: SqlStore) -> SqlStore:
    """A store with the API ``shop`` and the consumer ``acme``."""
    store.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    store.put_consumer(Consumer("acme"))
    return store
