"""A copy of a store as it was at one commit, made while others read and write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.private_file import create_private_file
from sealstamp.stores.urls import PLACE, is_postgresql, sqlite_path

_PAGES: Final = 10_000


def back_up(url: str, target: Path, tell: Callable[[int, int], None] = lambda _left, _all: None) -> None:
    """Copy the SQLite store at ``url`` to the new file ``target``, mode 0600; the whole of it, or nothing.

    ``tell`` is told how many pages are left, and of how many. Raises ConfigurationError for PostgreSQL, and for a file
    that is there; StoreUnavailableError where the store cannot be read or the copy not be written, and for a damaged
    one.
    """
    if is_postgresql(url):
        hint = "pg_dump --format=custom does it while services run; docs/many-machines.md tells how"
        raise ConfigurationError(PLACE, "PostgreSQL has a program of its own for backups", hint)
    source = sqlite_path(url)
    if target.exists():
        raise ConfigurationError(str(target), "there is a file already", "give the path of a new one")
    try:
        create_private_file(target, lambda draft: _copy(source, draft, tell))
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailableError(f"the backup of {source} cannot be made: {error}") from None


def _copy(source: Path, draft: Path, tell: Callable[[int, int], None]) -> None:
    if not source.exists():
        raise FileNotFoundError("there is no database")
    with closing(sqlite3.connect(source)) as reader, closing(sqlite3.connect(draft)) as writer:
        reader.execute("BEGIN")  # so that the copy is of one commit, and is not begun anew for each that comes
        reader.execute("SELECT 1 FROM sqlite_master").fetchone()
        reader.backup(writer, pages=_PAGES, progress=lambda _status, left, whole: tell(left, whole))
        (found,) = writer.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError("the database is damaged")
        writer.execute("PRAGMA journal_mode = DELETE")
