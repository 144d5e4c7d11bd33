"""Whatever goes wrong in the database becomes StoreUnavailableError, told without SQL and without values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sealstamp.errors import StoreUnavailableError

_PRIMARY_CODE: Final = 0xFF  # the higher bits refine it: https://www.sqlite.org/rescode.html
_OF_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "it is locked by another process",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_PERM: "access is denied",
    sqlite3.SQLITE_CANTOPEN: "it is missing, or may not be opened",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a backup",
    sqlite3.SQLITE_NOTADB: "it is not a database, or it is damaged; restore it from a backup",
    sqlite3.SQLITE_IOERR: "the disk failed",
}
_OF_POSTGRESQL: Final = {
    "25006": "it cannot be written",
    "28": "it refuses the user or the password",
    "3D": "there is no such database",
    "42501": "access is denied",
    "53100": "the disk is full",
    "53300": "it has too many connections",
    "55P03": "it is locked by another process",
    "57P": "it is starting or stopping",
    "58": "the disk failed",
    "XX": "it is damaged; restore it from a backup",
}
"""By the beginning of an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
_OF_CONNECTING: Final = {
    "Connection refused": "nobody listens at its address",
    "timeout expired": "it does not answer in time",
    "could not translate host name": "its host is not known",
    "failed to resolve host": "its host is not known",
    "password authentication failed": "it refuses the user or the password",
    "no password supplied": "it asks for a password",
    "does not exist": "there is no such database, or no such user",
    "is starting up": "it is starting or stopping",
    "is shutting down": "it is starting or stopping",
    "too many clients": "it has too many connections",
    "not primary": "it is a standby, which cannot be written",
    "in hot standby mode": "it is a standby, which cannot be written",
    "server closed the connection": "it closed the connection",
}
"""What libpq says where there is no SQLSTATE. Its own words are not repeated: a host may be a part of a password."""


@contextmanager
def database_failures(place: str) -> Iterator[None]:
    """Turn errors of the database at ``place`` and its driver into StoreUnavailableError."""
    try:
        yield
    except DBAPIError as error:
        raise StoreUnavailableError(f"the database {place} cannot answer: {told(error.orig)}") from None
    except PoolTimeoutError:
        raise StoreUnavailableError(f"the database {place} cannot answer: all of its connections are in use") from None
    except SQLAlchemyError as error:
        raise StoreUnavailableError(f"the database {place} cannot answer ({type(error).__name__})") from None


@contextmanager
def unreadable_rows(place: str) -> Iterator[None]:
    """Turn errors of reading rows of the database at ``place`` into StoreUnavailableError."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        problem = f"the database {place} holds what this version of Sealstamp cannot read ({type(error).__name__})"
        raise StoreUnavailableError(problem) from None


def told(error: BaseException | None) -> str:
    """Say what went wrong in words, with the name that the driver has for it."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return _named(None if code is None else _OF_SQLITE.get(code & _PRIMARY_CODE), name)
    state = getattr(error, "sqlstate", None)
    if state is None:
        text = str(error)
        return _named(next((told for said, told in _OF_CONNECTING.items() if said in text), None), type(error).__name__)
    return _named(next((told for start, told in _OF_POSTGRESQL.items() if state.startswith(start)), None), state)


def _named(told: str | None, name: str) -> str:
    return f"{told} ({name})" if told else name
