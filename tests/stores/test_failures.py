"""A file of SQLite that cannot answer: always StoreUnavailableError, and never a value in what it says."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.stores.sql import SqlStore, open_store

SEALED = b"do-not-show-this"
KEY = AccessKey("k1", SEALED, "acme", ("shop",))

CALLS: list[Callable[[SqlStore], object]] = [
    lambda store: store.epoch(),
    lambda store: store.list_apis(),
    lambda store: store.list_consumers(),
    lambda store: store.find_access_key("k1"),
    lambda store: list(store.list_access_keys()),
    lambda store: store.add_access_key(KEY),
    lambda store: store.record(b"claim", 1),
    lambda store: store.unexpired(1),
    lambda store: store.transaction().__enter__(),
]


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def run_on(path: Path, statement: str) -> None:
    """Do to the file what Sealstamp would not."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def set_pragma(store: SqlStore, pragma: str) -> None:
    """Have every connection that the store opens from now on begin with ``pragma``."""
    event.listen(store._engine, "connect", lambda connection, _record: connection.execute(f"PRAGMA {pragma}").close())
    store._engine.dispose()


@pytest.mark.parametrize("call", CALLS)
def test_file_deleted(shop: SqlStore, path: Path, call: Callable[[SqlStore], object]) -> None:
    """A deleted database refuses at once, though its open connections would still answer."""
    path.unlink()
    with pytest.raises(StoreUnavailableError, match="is missing"):
        call(shop)
    assert not path.exists()


def test_file_replaced(shop: SqlStore, path: Path) -> None:
    """A database put in the place of the open one is not overlooked: its revocations would be."""
    path.rename(path.with_suffix(".old"))
    open_store(f"sqlite:///{path}").close()
    with pytest.raises(StoreUnavailableError, match="was replaced"):
        shop.find_access_key("k1")


@pytest.mark.parametrize("call", CALLS)
def test_file_overwritten(shop: SqlStore, path: Path, call: Callable[[SqlStore], object]) -> None:
    """A damaged file refuses every call."""
    shop.close()
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreUnavailableError, match="damaged"):
        call(shop)


def test_file_that_is_not_a_database(path: Path) -> None:
    """Opening says so, and leaves the file as it is."""
    path.parent.mkdir()
    path.write_text("something else, and rather more than a header's worth of it" * 20)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailableError, match="not a database"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_page_damaged(shop: SqlStore, path: Path) -> None:
    """Damage further inside is met when it is read."""
    shop.add_access_key(KEY)
    shop.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(StoreUnavailableError, match="damaged"):
        list(shop.list_access_keys())


def test_read_only(shop: SqlStore) -> None:
    """What cannot be written is refused, and still read."""
    set_pragma(shop, "query_only = ON")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        shop.put_consumer(Consumer("other"))
    assert shop.list_consumers() == [Consumer("acme")]


def test_disk_full(shop: SqlStore) -> None:
    """A full disk refuses the write whole, and the store goes on when there is room."""
    set_pragma(shop, "max_page_count = 1")
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        shop.record(b"x" * 100_000, 1)
    assert shop.unexpired(0) == []


def test_locked(shop: SqlStore, path: Path) -> None:
    """A writer waits no longer than the busy timeout; readers do not wait."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked by another process"):
        shop.put_consumer(Consumer("other"))
    assert shop.list_consumers() == [Consumer("acme")]
    other.close()
    shop.put_consumer(Consumer("other"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE apis SET schemes = 'no JSON'",
        "UPDATE apis SET schemes = '[{}]'",
        "UPDATE apis SET schemes = '[5]'",
        "UPDATE apis SET enforcement = 'perhaps'",
        "UPDATE apis SET replay = 'perhaps'",
    ],
)
def test_row_that_cannot_be_read(shop: SqlStore, path: Path, statement: str) -> None:
    """A row of a form this version does not know refuses, and is not guessed at."""
    run_on(path, statement)
    with pytest.raises(StoreUnavailableError, match="cannot read"):
        shop.list_apis()


def test_epoch_row_lost(shop: SqlStore, path: Path) -> None:
    """Without its epoch the store cannot promise that revocations are seen."""
    run_on(path, "DELETE FROM epochs")
    with pytest.raises(StoreUnavailableError, match="no epoch"):
        shop.epoch()


def test_directory_cannot_be_made(tmp_path: Path) -> None:
    """A path below a file is told."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match="cannot be created"):
        open_store(f"sqlite:///{tmp_path}/file/below/keys.db")


def test_what_an_error_shows(shop: SqlStore, path: Path) -> None:
    """Neither the message nor the printed traceback holds SQL, parameters or sealed bytes."""
    run_on(path, "DROP TABLE access_key_apis")
    with pytest.raises(StoreUnavailableError) as caught:
        shop.add_access_key(KEY)
    told = str(caught.value) + "".join(
        line for line in traceback.format_exception(caught.value) if not line.lstrip().startswith("File ")
    )
    for hidden in (SEALED.decode(), "INSERT INTO", "VALUES"):
        assert hidden not in told
