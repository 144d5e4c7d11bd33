"""A copy of a store that is in use, and a service's data from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.stores.backup import back_up
from sealstamp.stores.sql import SqlStore, open_store

KEY = AccessKey("k1", b"sealed", "acme", ("shop",))


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_restored(shop: SqlStore, url: str, tmp_path: Path) -> None:
    """The copy has what was committed, and not what somebody is in the middle of; its owner alone may read it."""
    shop.add_access_key(KEY)
    target = tmp_path / "backup.db"
    with shop.transaction():
        shop.put_consumer(Consumer("later"))
        back_up(url, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("backup")] == ["backup.db"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".backup")] == []
    restored = open_store(f"sqlite:///{target}")
    assert restored.get_access_key("k1") == KEY
    assert restored.list_consumers() == [Consumer("acme")]
    assert restored.epoch() != shop.epoch()
    restored.close()


def test_a_file_that_is_there(shop: SqlStore, url: str, tmp_path: Path) -> None:
    """It stays as it is."""
    target = tmp_path / "backup.db"
    target.write_text("precious")
    with pytest.raises(ConfigurationError, match="there is a file already"):
        back_up(url, target)
    assert target.read_text() == "precious"


def test_damaged(shop: SqlStore, url: str, path: Path, tmp_path: Path) -> None:
    """A damaged store makes no backup that somebody would rely on."""
    shop.add_access_key(KEY)
    shop.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(StoreUnavailableError, match="cannot be made"):
        back_up(url, tmp_path / "backup.db")
    assert not (tmp_path / "backup.db").exists()


def test_no_database(tmp_path: Path) -> None:
    """There is nothing to copy, and nothing is made."""
    with pytest.raises(StoreUnavailableError, match="there is no database"):
        back_up(f"sqlite:///{tmp_path}/none.db", tmp_path / "backup.db")
    assert list(tmp_path.iterdir()) == []


def test_postgresql(tmp_path: Path) -> None:
    """Its own program does it."""
    with pytest.raises(ConfigurationError, match="program of its own") as caught:
        back_up("postgresql://me:hunter2@db/keys", tmp_path / "backup.db")
    assert "pg_dump" in caught.value.hint
    assert "hunter2" not in str(caught.value)
