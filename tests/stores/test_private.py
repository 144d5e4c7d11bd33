"""Who can read what the store writes to files of its own."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from sealstamp.core.credential import Credential
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.stores.sql import SqlStore
from tests.acting import keep_pair

PLAIN = "957f23f2d6435e37d4ac21f3e9a67d45"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_modes(shop: SqlStore, path: Path) -> None:
    """The directory is its owner's alone, and so is every file in it."""
    assert path.parent.stat().st_mode & 0o777 == 0o700
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}
    assert modes == dict.fromkeys(("keys.db", "keys.db-wal", "keys.db-shm"), 0o600)


def test_no_plain_secret_on_the_disk(shop: SqlStore, path: Path) -> None:
    """Neither the database nor its log holds the secret or the sealing key, in bytes or in hex."""
    sealing_key = bytes(range(100, 132))
    credential = Credential.of("k1", PLAIN)
    keep_pair(shop, Sealer(SealingKey.of(sealing_key)), credential, "shop")
    while_open = b"".join(entry.read_bytes() for entry in path.parent.iterdir())
    shop.close()
    for written in (while_open, path.read_bytes()):
        assert b"k1" in written
        for hidden in (PLAIN.encode(), bytes.fromhex(PLAIN), sealing_key, sealing_key.hex().encode()):
            assert hidden not in written


def test_shown_and_pickled(shop: SqlStore) -> None:
    """A key read from the store shows no sealed bytes, and the store cannot be pickled."""
    sealer = Sealer(SealingKey.of(b"k" * 32))
    key = keep_pair(shop, sealer, Credential.of("k1", PLAIN), "shop")
    assert "sealed" not in repr(key)
    assert PLAIN not in repr(key)
    with pytest.raises((TypeError, AttributeError)):
        pickle.dumps(shop)


def test_every_commit_reaches_the_disk(shop: SqlStore) -> None:
    """Connections keep a write-ahead log, flush it at each commit, and hold rows to their references."""
    with shop._engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 50]
