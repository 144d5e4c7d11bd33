"""Several processes over one database."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from sealstamp.keys.domain import Consumer
from sealstamp.stores.sql import SqlStore, open_store

Start = Callable[[str, str], "subprocess.Popen[str]"]

OPEN_WHEN_TOLD = """
from sealstamp.stores import sql
import alembic.command, sys
print("ready", flush=True)
sys.stdin.readline()
store = sql.open_store(url)
print(store.epoch(), len(store.list_apis()))
store.close()
"""

DIE_IN_THE_MIGRATION = """
import os
from alembic import op
from sealstamp.stores.sql import open_store
create, made = op.create_table, []
def create_or_die(name, *columns):
    if len(made) == 3:
        os._exit(9)
    made.append(name)
    return create(name, *columns)
op.create_table = create_or_die
open_store(url)
"""

DIE_IN_A_TRANSACTION = """
import os
from sealstamp.keys.domain import Consumer
from sealstamp.stores.sql import open_store
store = open_store(url)
with store.transaction():
    store.put_consumer(Consumer("lost"))
    os._exit(9)
"""

PUT_A_CONSUMER = """
from sealstamp.keys.domain import Consumer
from sealstamp.stores.sql import open_store
store = open_store(url)
store.put_consumer(Consumer("from outside"))
store.close()
"""


def test_opened_by_several_at_once(start: Start, empty_url: str, path: Path) -> None:
    """All of them make and migrate the same new database, and all of them succeed."""
    processes = [start(empty_url, OPEN_WHEN_TOLD) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (out, err, process.returncode) == ("0 0\n", "", 0)
    if empty_url.startswith("sqlite"):
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_killed_in_the_migration(start: Start, empty_url: str) -> None:
    """Nothing half done is left: the next process migrates from the start."""
    assert start(empty_url, DIE_IN_THE_MIGRATION).wait(60) == 9
    store = open_store(empty_url)
    store.put_consumer(Consumer("acme"))
    assert store.list_consumers() == [Consumer("acme")]
    store.close()


def test_killed_in_a_transaction(start: Start, store: SqlStore, url: str) -> None:
    """Nothing of it is kept, the epoch is as it was, and the lock is free."""
    before = store.epoch()
    assert start(url, DIE_IN_A_TRANSACTION).wait(60) == 9
    assert (store.list_consumers(), store.epoch()) == ([], before)
    store.put_consumer(Consumer("acme"))


def test_changed_by_another_process(start: Start, store: SqlStore, url: str) -> None:
    """The epoch tells of it, and the change is there to be read."""
    before = store.epoch()
    _, err = start(url, PUT_A_CONSUMER).communicate(timeout=60)
    assert err == ""
    assert store.epoch() != before
    assert store.list_consumers() == [Consumer("from outside")]
