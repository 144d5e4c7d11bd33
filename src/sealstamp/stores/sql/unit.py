"""Transactions: every call to a store runs inside one; and the epoch, which says that one has changed something."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from sealstamp.keys.changes import EVERYTHING, Change, News
from sealstamp.keys.ports import ChangeFeed
from sealstamp.stores.database import BEGIN, Begin, Database, transaction_on
from sealstamp.stores.failures import database_failures, unreadable_rows
from sealstamp.stores.sql.changes import present_epoch, read_news, write_changes


@dataclass(slots=True)
class Unit:
    """A transaction that a thread is in, and what it has changed of that which the epoch is about."""

    connection: Connection
    changed: set[Change] = field(default_factory=set)


class Transactions:
    """Reads and writes in transactions. Safe to share between threads.

    A ``transaction`` belongs to the thread that opened it: calls from that thread are inside, all others are not.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine
        self._beginning = {what: database.engine.execution_options(**{BEGIN: what}) for what in Begin}
        self._place = database.place
        self._check = database.check
        self._local = threading.local()

    @contextmanager
    def transaction(self, what: Begin = Begin.WRITE) -> Iterator[None]:
        """Make every call inside one unit: all of it is kept, or, when an exception leaves it, none.

        It holds the write lock from its beginning, so that what is read inside it stays true until its end. One inside
        another is undone alone when an exception leaves it, and kept when the outer one is.
        """
        outer = self._unit()
        with database_failures(self._place):
            if outer is not None:
                with outer.connection.begin_nested():
                    yield
                return
            self._check()
            with transaction_on(self._beginning[what]) as connection:
                yield from self._inside(Unit(connection))

    def _inside(self, unit: Unit) -> Iterator[None]:
        """Make ``unit`` this thread's own while the caller's block runs, and mark the epoch at its end."""
        self._local.unit = unit
        try:
            yield
            if unit.changed:
                write_changes(unit.connection, unit.changed)
                if self._database.notify:
                    unit.connection.exec_driver_sql(self._database.notify)
        finally:
            self._local.unit = None

    def epoch(self) -> int:
        """Return a number that differs after any process has committed a change to keys, consumers or APIs.

        To keep a copy: read the epoch first and the rest after it, and read again when it has changed.
        """
        # A row, and not SQLite's PRAGMA data_version: that one is blind to this connection's own commits, is not
        # comparable between connections, changes for every replay claim, and PostgreSQL has nothing like it. The row
        # changes in the very transaction that it tells of.
        with self._reading() as connection:
            return present_epoch(connection)

    def changes_since(self, epoch: int) -> News:
        """Return the present epoch, and what has changed since ``epoch``; EVERYTHING where it cannot be told."""
        with self._reading() as connection:
            return read_news(connection, epoch)

    def open_feed(self) -> ChangeFeed | None:
        """Return what tells at once that something has changed; None where nothing can."""
        return self._database.open_feed()

    def server(self) -> str:
        """Return the database's kind and version."""
        with self._reading() as connection:
            dialect = connection.dialect
            version = ".".join(map(str, dialect.server_version_info or ()))
            return f"{'PostgreSQL' if dialect.name == 'postgresql' else 'SQLite'} {version}"

    def clock_ms(self) -> int | None:
        """Return the time of the database server's clock, in Unix milliseconds; None for a file."""
        if not self._database.clock:
            return None
        with self._reading() as connection:
            return int(connection.exec_driver_sql(self._database.clock).scalar_one())

    def _unit(self) -> Unit | None:
        return getattr(self._local, "unit", None)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give this thread's transaction, or a reading one of its own."""
        unit = self._unit()
        if unit is not None:
            with database_failures(self._place), unreadable_rows(self._place):
                yield unit.connection
            return
        self._check()
        with (
            database_failures(self._place),
            transaction_on(self._beginning[Begin.READ]) as connection,
            unreadable_rows(self._place),
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give the connection of a writing transaction, which is inside the thread's own where it is in one."""
        with self.transaction(), database_failures(self._place), unreadable_rows(self._place):
            unit: Unit = self._local.unit
            yield unit.connection

    @contextmanager
    def _counting(self) -> Iterator[Connection]:
        """Give the connection of a transaction that writes what is counted."""
        with self.transaction(Begin.COUNT), database_failures(self._place), unreadable_rows(self._place):
            unit: Unit = self._local.unit
            yield unit.connection

    @contextmanager
    def _changing(self, *changed: Change) -> Iterator[Connection]:
        """Give the connection of a writing transaction whose commit moves the epoch, and tells what it was for.

        Whoever says nothing has changed everything.
        """
        with self._writing() as connection:
            yield connection
            self._changed(*changed or (EVERYTHING,))

    def _changed(self, *changed: Change) -> None:
        """Have the commit of the present transaction tell of this too."""
        self._local.unit.changed.update(changed)
