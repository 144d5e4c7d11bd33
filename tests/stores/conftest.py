from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.stores.sql import SqlStore, open_store

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    """An empty store, whose writers do not wait long."""
    opened = open_store(f"sqlite:///{path}", busy_timeout_ms=50)
    yield opened
    opened.close()


@pytest.fixture
def shop(store: SqlStore) -> SqlStore:
    """A store with the API ``shop`` and the consumer ``acme``."""
    store.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    store.put_consumer(Consumer("acme"))
    return store


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Start another process that runs a script, in which ``url`` is the store's."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-c", f"url = {f'sqlite:///{path}'!r}\n{script}"]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
