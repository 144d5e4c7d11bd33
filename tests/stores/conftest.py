from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from sealstamp.keys.domain import Api, Consumer, SchemeChoice
from sealstamp.stores.sql import SqlStore, open_store


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An empty store, whose writers do not wait long."""
    opened = open_store(url, busy_timeout_ms=50)
    yield opened
    opened.close()


@pytest.fixture
def shop(store: SqlStore) -> SqlStore:
    """A store with the API ``shop`` and the consumer ``acme``."""
    store.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),)))
    store.put_consumer(Consumer("acme"))
    return store


@pytest.fixture
def start() -> Iterator[Callable[[str, str], subprocess.Popen[str]]]:
    """Start another process that runs a script, in which ``url`` is the store's."""
    started: list[subprocess.Popen[str]] = []

    def begin(url: str, script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-c", f"url = {url!r}\n{script}"]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
