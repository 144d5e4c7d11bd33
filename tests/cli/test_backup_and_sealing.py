"""``sealstamp backup`` and ``sealstamp sealing rotate`` on a store that has a key."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing

from tests.cli.conftest import Provider


def test_the_sealing_key_is_changed(provider: Provider) -> None:
    """Both are given until all is sealed anew; then the new one alone opens it. A second run has nothing to do."""
    assert provider("keys", "issue", "--consumer", "acme", "--api", "shop").code == 0
    old = (provider.folder / "sealing.key").read_text().strip()
    new = base64.b64encode(b"n" * 32).decode()
    settings = provider.config.read_text()
    provider.config.write_text(f"sealing_key = {new!r}\nolder_sealing_keys = [{old!r}]\n{settings}")
    assert provider("sealing", "rotate", "--json").json == {"resealed": 1}
    provider.config.write_text(f"sealing_key = {new!r}\n{settings}")
    ran = provider("sealing", "rotate")
    assert (ran.code, ran.out) == (0, "0 sealed anew\n")


def test_a_sealing_key_that_is_missing(provider: Provider) -> None:
    """Nothing is sealed anew without the key that opens it, and it is told which one that is."""
    assert provider("keys", "issue", "--consumer", "acme", "--api", "shop").code == 0
    new = base64.b64encode(b"n" * 32).decode()
    provider.config.write_text(f"sealing_key = {new!r}\n{provider.config.read_text()}")
    ran = provider("sealing", "rotate")
    assert ran.code == 1
    assert "give it as an older sealing key" in ran.problem


def test_backup(provider: Provider) -> None:
    """The copy is a store, and a second one does not take its place."""
    issued = json.loads(provider("keys", "issue", "--consumer", "acme", "--api", "shop", "--json").out)
    copy = provider.folder / "copy.db"
    assert provider("backup", str(copy), "--json").json == {"file": str(copy), "bytes": copy.stat().st_size}
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT id FROM access_keys").fetchall() == [(issued["access_key_id"],)]
    assert issued["secret"].encode() not in copy.read_bytes()
    assert provider("backup", str(copy)).code == 2
