"""From a URL to an open store."""

from __future__ import annotations

from typing import Final

from sealstamp.stores.database import Database
from sealstamp.stores.postgresql import open_postgresql
from sealstamp.stores.sql.store import SqlStore
from sealstamp.stores.sqlite import open_sqlite
from sealstamp.stores.urls import is_postgresql, sqlite_path

BUSY_TIMEOUT_MS: Final = 5_000
CONNECTIONS: Final = 10


def open_store(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, connections: int = CONNECTIONS) -> SqlStore:
    """Open the store at ``sqlite:///path`` or ``postgresql://…``, and bring its tables up to date.

    A SQLite database is made where there is none. A writer waits for other processes up to ``busy_timeout_ms``
    (milliseconds). To PostgreSQL there are at most ``connections`` at once. Raises ConfigurationError for a URL that is
    not one, and for a database of a newer version or of another program; StoreUnavailableError otherwise.
    """
    store = SqlStore(_database(url, busy_timeout_ms, connections))
    try:
        store.migrate()
    except BaseException:
        store.close()
        raise
    return store


def is_store(url: str) -> bool:
    """Tell whether there is a store, and make none. Raises as ``open_store`` does."""
    if not is_postgresql(url):
        return sqlite_path(url).exists()
    store = SqlStore(_database(url, BUSY_TIMEOUT_MS, 1))
    try:
        return store.is_made()
    finally:
        store.close()


def _database(url: str, busy_timeout_ms: int, connections: int) -> Database:
    if is_postgresql(url):
        return open_postgresql(url, busy_timeout_ms=busy_timeout_ms, connections=connections)
    return open_sqlite(sqlite_path(url), busy_timeout_ms)
