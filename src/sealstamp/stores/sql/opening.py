"""From a URL to an open store."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from sealstamp.errors import ConfigurationError
from sealstamp.stores.sql.store import SqlStore
from sealstamp.stores.sqlite import SqliteFile, make_engine

BUSY_TIMEOUT_MS: Final = 5_000
_PLACE: Final = "store URL"
_HOW_TO_WRITE: Final = "write sqlite:///relative/file.db or sqlite:////absolute/file.db"


def open_store(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> SqlStore:
    """Open the store at ``sqlite:///path``; make its directory and file, and bring its tables up to date.

    A writer waits for other processes up to ``busy_timeout_ms`` (milliseconds). Raises ConfigurationError for a URL
    that is not one, and for a database of a newer version or of another program; StoreUnavailableError otherwise.
    """
    path = _path_of(url)
    file = SqliteFile(path, busy_timeout_ms)
    file.create()
    store = SqlStore(make_engine(file), file.check)
    try:
        store.migrate(str(path))
    except BaseException:
        store.close()
        raise
    return store


def _path_of(url: str) -> Path:
    """Read ``sqlite:///path``; the URL itself is never shown, for one of another kind may hold a password."""
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ConfigurationError(_PLACE, "it is not a database URL", _HOW_TO_WRITE) from None
    if parts.drivername != "sqlite":
        raise ConfigurationError(_PLACE, f"{parts.drivername} is not supported", _HOW_TO_WRITE)
    if not parts.database or parts.database == ":memory:" or parts != URL.create("sqlite", database=parts.database):
        raise ConfigurationError(_PLACE, "it does not name a file, and a file alone", _HOW_TO_WRITE)
    return Path(parts.database)
