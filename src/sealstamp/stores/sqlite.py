"""SQLite as a key store needs it: one private file, write-ahead log, every commit on the disk.

A reader sees one commit for the whole of its transaction and never waits. A writer takes the write lock when it begins
(``BEGIN IMMEDIATE``), and waits for it up to the busy timeout: a transaction that read first and wrote later would be
refused at once when another process had written in between.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.private_file import create_private_file
from sealstamp.stores.database import Begin, Database, begin_of

_POOL_SIZE: Final = 5
_POOL_OVERFLOW: Final = 35  # a server has up to 40 worker threads, as anyio starts them
_PRAGMAS: Final = ("foreign_keys = ON", "synchronous = FULL", "trusted_schema = OFF")


class SqliteFile:
    """The database's file; tells whether the path still leads to the file that was opened."""

    def __init__(self, path: Path, busy_timeout_ms: int) -> None:
        self.path = path
        self._busy_timeout_ms = busy_timeout_ms
        self._identity: tuple[int, int] | None = None

    def create(self) -> None:
        """Make an empty database, mode 0600, unless there is a file. Raises StoreUnavailableError."""
        try:
            if not self.path.exists():
                create_private_file(self.path, _make_empty_database)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnavailableError(f"the database {self.path} cannot be created: {error}") from error
        self._identity = self._look()

    def check(self) -> None:
        """Raise StoreUnavailableError when the file is gone, or is another one than was opened.

        SQLite itself would go on with the deleted file, blind to every revocation that others write to the new one.
        """
        if self._look() != self._identity:
            problem = f"the database {self.path} was replaced while it was in use; restart to use the new one"
            raise StoreUnavailableError(problem)

    def connect(self) -> sqlite3.Connection:
        """Open a connection; never creates a file. Raises sqlite3.Error."""
        uri = f"file:{quote(os.fspath(self.path.absolute()))}?mode=rw"
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=self._busy_timeout_ms / 1000,
            isolation_level=None,  # the driver begins nothing by itself: _begin does
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _look(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except OSError as error:
            raise StoreUnavailableError(f"the database {self.path} is missing: {error.strerror}") from error
        return status.st_dev, status.st_ino


def open_sqlite(path: Path, busy_timeout_ms: int) -> Database:
    """Return the database in the file ``path``, made where there is none. Raises StoreUnavailableError."""
    file = SqliteFile(path, busy_timeout_ms)
    file.create()
    return Database(_make_engine(file), str(path), file.check)


def _make_engine(file: SqliteFile) -> Engine:
    """Return an engine over ``file``, whose errors never hold parameters."""
    engine = create_engine(
        "sqlite://",
        creator=file.connect,
        poolclass=QueuePool,
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_OVERFLOW,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _make_empty_database(draft: Path) -> None:
    """Switch to the write-ahead log while nobody else can see the file: later, two processes would lock each other."""
    connection = sqlite3.connect(draft)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if begin_of(connection) is Begin.READ else "BEGIN IMMEDIATE")
