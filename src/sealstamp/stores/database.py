"""What a store is told of the database that it is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from sealstamp.keys.ports import ChangeFeed

BEGIN: Final = "sealstamp_begin"
"""The execution option that says what a connection's next transaction is for: a Begin."""


class Begin(StrEnum):
    """What a transaction is for, which decides how it begins."""

    READ = "read"
    """It sees one commit for the whole of its life, and waits for nobody."""
    WRITE = "write"
    """It holds the write lock from its beginning, for which it waits a few seconds at most."""
    COUNT = "count"
    """It writes what is counted, which no change of keys depends on, and locks no more than it writes."""
    MIGRATE = "migrate"
    """As WRITE, but it waits for as long as another one may need to migrate."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database, whichever it is.

    ``place`` is how messages name it, without a password. ``check`` is called before each transaction, and raises
    StoreUnavailableError where there must be none. ``open_feed`` returns what hears of changes, which ``notify``, a
    statement of their transaction, tells; ``clock`` asks for the time in Unix milliseconds. A file has none of them.
    """

    engine: Engine
    place: str
    check: Callable[[], None] = lambda: None
    open_feed: Callable[[], ChangeFeed | None] = lambda: None
    notify: str = ""
    clock: str = ""


@contextmanager
def transaction_on(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction, and commit it at the end of the block, or undo it when an exception leaves the block.

    A pooled connection that turns out to be dead, as all are after the server was restarted, is replaced once.
    """
    connection, transaction = _begun(engine)
    with connection, transaction:
        yield connection


def _begun(engine: Engine) -> tuple[Connection, RootTransaction]:
    try:
        return _begun_once(engine)
    except DBAPIError as error:
        if not error.connection_invalidated or getattr(error.orig, "is_silent", False):
            raise
    return _begun_once(engine)


def _begun_once(engine: Engine) -> tuple[Connection, RootTransaction]:
    connection = engine.connect()
    try:
        return connection, connection.begin()
    except BaseException:
        connection.close()
        raise


def begin_of(connection: Connection) -> Begin:
    """Return what the transaction that ``connection`` begins is for."""
    return Begin(connection.get_execution_options().get(BEGIN, Begin.READ))
