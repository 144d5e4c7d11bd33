"""Whatever goes wrong in the database becomes StoreUnavailableError, told without SQL and without values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sealstamp.errors import StoreUnavailableError

_PRIMARY_CODE: Final = 0xFF  # the higher bits refine it: https://www.sqlite.org/rescode.html
_TOLD: Final = {
    sqlite3.SQLITE_BUSY: "it is locked by another process",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "access is denied",
    sqlite3.SQLITE_CANTOPEN: "it is missing, or may not be opened",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "it is not a database, or it is damaged",
    sqlite3.SQLITE_IOERR: "the disk failed",
}


@contextmanager
def database_failures() -> Iterator[None]:
    """Turn errors of the database and its driver into StoreUnavailableError."""
    try:
        yield
    except DBAPIError as error:
        raise StoreUnavailableError(f"the database cannot answer: {_told(error.orig)}") from error.orig
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"the database cannot answer ({type(error).__name__})") from None


@contextmanager
def unreadable_rows() -> Iterator[None]:
    """Turn errors of reading rows into StoreUnavailableError."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        problem = f"the database holds what this version of Sealstamp cannot read ({type(error).__name__})"
        raise StoreUnavailableError(problem) from None


def _told(error: BaseException | None) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    known = None if code is None else _TOLD.get(code & _PRIMARY_CODE)
    return f"{known} ({name})" if known else name
