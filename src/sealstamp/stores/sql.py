"""The key store and the replay ledger in a SQL database, written with SQLAlchemy Core."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    delete,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError

from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyMaterial
from sealstamp.keys.rules import is_access_key_id
from sealstamp.stores.failures import database_failures, unreadable_rows
from sealstamp.stores.migrations import is_at_head, migrate
from sealstamp.stores.rows import access_key_of, access_key_values, api_of, api_values
from sealstamp.stores.sqlite import WRITING, SqliteFile, make_engine
from sealstamp.stores.tables import (
    access_key_apis,
    access_key_extras,
    access_keys,
    apis,
    consumers,
    epochs,
    public_access_keys,
    replay_claims,
    replay_counters,
)

BUSY_TIMEOUT_MS: Final = 5_000
_PAGE: Final = 1_000
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


@dataclass(slots=True)
class _Unit:
    """A transaction that a thread is in, and whether it changed what the epoch is about."""

    connection: Connection
    changed: bool = False


class SqlStore:
    """Keeps APIs, consumers, access keys and replay claims. Safe to share between threads.

    A ``transaction`` belongs to the thread that opened it: calls from that thread are inside, all others are not.
    Every call may raise StoreUnavailableError.
    """

    def __init__(self, engine: Engine, check: Callable[[], None]) -> None:
        """``check`` is called before each transaction, and raises StoreUnavailableError where there must be none."""
        self._engine = engine
        self._writing_engine = engine.execution_options(**{WRITING: True})
        self._check = check
        self._local = threading.local()

    def close(self) -> None:
        """Close every connection; nothing may be called afterwards."""
        self._engine.dispose()

    def migrate(self, place: str) -> None:
        """Bring the tables up to date. Raises ConfigurationError, which names ``place``."""
        with self._reading() as connection:
            done = is_at_head(connection, place)
        if not done:
            with self._writing() as connection:
                migrate(connection, place)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every call inside one unit: all of it is kept, or, when an exception leaves it, none.

        It holds the write lock from its beginning, so that what is read inside it stays true until its end. One inside
        another is undone alone when an exception leaves it, and kept when the outer one is.
        """
        outer = self._unit()
        with database_failures():
            if outer is not None:
                with outer.connection.begin_nested():
                    yield
                return
            self._check()
            with self._writing_engine.begin() as connection:
                yield from self._inside(_Unit(connection))

    def _inside(self, unit: _Unit) -> Iterator[None]:
        """Make ``unit`` this thread's own while the caller's block runs, and mark the epoch at its end."""
        self._local.unit = unit
        try:
            yield
            if unit.changed:
                _mark(unit.connection)
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
            mark = connection.scalar(select(epochs.c.mark))
        if mark is None:
            raise StoreUnavailableError("the database is damaged: it has no epoch")
        return int(mark)

    def list_apis(self) -> Sequence[Api]:
        """Return every API, by name."""
        with self._reading() as connection:
            return [api_of(row) for row in connection.execute(select(apis).order_by(apis.c.name))]

    def put_api(self, api: Api) -> None:
        """Keep ``api``, in place of the one with its name."""
        with self._changing() as connection:
            _put(connection, apis, apis.c.name == api.name, api_values(api))

    def delete_api(self, name: str) -> None:
        """Forget an API; keys lose it from theirs. Raises NotFoundError."""
        with self._changing() as connection:
            if not connection.execute(delete(apis).where(apis.c.name == name)).rowcount:
                raise NotFoundError(f"there is no API {name!r}")

    def list_consumers(self) -> Sequence[Consumer]:
        """Return every consumer, by name."""
        with self._reading() as connection:
            return [Consumer(name) for name in connection.scalars(select(consumers.c.name).order_by(consumers.c.name))]

    def put_consumer(self, consumer: Consumer) -> None:
        """Keep ``consumer``, in place of the one with its name."""
        with self._changing() as connection:
            _put(connection, consumers, consumers.c.name == consumer.name, {"name": consumer.name})

    def delete_consumer(self, name: str) -> None:
        """Forget a consumer. Raises NotFoundError, or KeyStateError while it holds keys."""
        with self._changing() as connection:
            if _exists(connection, access_keys.c.consumer == name):
                raise KeyStateError(f"consumer {name!r} still holds access keys")
            if not connection.execute(delete(consumers).where(consumers.c.name == name)).rowcount:
                raise NotFoundError(f"there is no consumer {name!r}")

    def find_access_key(self, access_key_id: str) -> AccessKey | None:
        """Return the key with exactly this id, or None."""
        if not is_access_key_id(access_key_id):  # ids come from the network, and some texts no database takes
            return None
        query = select(access_keys).where(access_keys.c.id == access_key_id)
        with self._reading() as connection:
            found = _keys_of(connection, connection.execute(query).all())
        return found[0] if found else None

    def get_access_key(self, access_key_id: str) -> AccessKey:
        """Return the key with exactly this id. Raises NotFoundError."""
        key = self.find_access_key(access_key_id)
        if key is None:
            raise _no_access_key(access_key_id)
        return key

    def list_access_keys(self, *, api: str | None = None, consumer: str | None = None) -> Iterator[AccessKey]:
        """Yield keys by id: all, or those for one API or of one consumer.

        Keys are read by pages, so outside a transaction a change may come in between two of them.
        """
        query = _key_query(api, consumer)
        last = ""
        while True:
            with self._reading() as connection:
                page = _keys_of(connection, connection.execute(query.where(access_keys.c.id > last)).all())
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1].id

    def add_access_key(self, key: AccessKey) -> None:
        """Keep a new key. Raises KeyStateError when the id is taken, NotFoundError for its consumer or APIs."""
        with self._changing() as connection:
            if _exists(connection, access_keys.c.id == key.id):
                raise KeyStateError(f"the access key id {key.id!r} is taken")
            _check_references(connection, key)
            connection.execute(insert(access_keys).values(access_key_values(key)))
            _link(connection, key)

    def update_access_key(self, key: AccessKey) -> None:
        """Keep ``key`` in place of the one with its id. Raises NotFoundError, also for its consumer or APIs."""
        this = access_keys.c.id == key.id
        with self._changing() as connection:
            _check_references(connection, key)
            if not connection.execute(update(access_keys).where(this).values(access_key_values(key))).rowcount:
                raise _no_access_key(key.id)
            for table in (access_key_apis, access_key_extras, public_access_keys):
                connection.execute(delete(table).where(table.c.access_key_id == key.id))
            _link(connection, key)

    def delete_access_key(self, access_key_id: str) -> None:
        """Forget a key. Raises NotFoundError."""
        with self._changing() as connection:
            if not connection.execute(delete(access_keys).where(access_keys.c.id == access_key_id)).rowcount:
                raise _no_access_key(access_key_id)

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        """Keep ``claim`` on the disk before this returns; outside a transaction, that is."""
        values = {"claim": claim, "expires_at_ms": expires_at_ms}
        with self._writing() as connection:
            _put(connection, replay_claims, replay_claims.c.claim == claim, values)

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        """Return claims not yet expired with their expiry, and forget the others."""
        query = select(replay_claims.c.claim, replay_claims.c.expires_at_ms).order_by(replay_claims.c.claim)
        with self._writing() as connection:
            connection.execute(delete(replay_claims).where(replay_claims.c.expires_at_ms <= now_ms))
            return [(bytes(claim), expires_at_ms) for claim, expires_at_ms in connection.execute(query)]

    def advance(self, counter: bytes, number: int) -> bool:
        """Keep ``number`` for ``counter`` if it is above the one kept; it is on the disk when this returns True.

        ``number`` has at most 64 bits. Of several processes with one number, exactly one is told True.
        """
        this, text = replay_counters.c.counter == counter, f"{number:020}"
        with self._writing() as connection:
            if connection.scalar(select(replay_counters.c.highest).where(this)) is None:
                connection.execute(insert(replay_counters).values(counter=counter, highest=text))
                return True
            higher = update(replay_counters).where(this, replay_counters.c.highest < text).values(highest=text)
            return bool(connection.execute(higher).rowcount)

    def _unit(self) -> _Unit | None:
        return getattr(self._local, "unit", None)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Give this thread's transaction, or a reading one of its own."""
        unit = self._unit()
        if unit is not None:
            with database_failures(), unreadable_rows():
                yield unit.connection
            return
        self._check()
        with database_failures(), self._engine.begin() as connection, unreadable_rows():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give the connection of a writing transaction, which is inside the thread's own where it is in one."""
        with self.transaction(), database_failures(), unreadable_rows():
            unit: _Unit = self._local.unit
            yield unit.connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Give the connection of a writing transaction whose commit changes the epoch."""
        with self._writing() as connection:
            yield connection
            self._local.unit.changed = True


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


def _mark(connection: Connection) -> None:
    """Change the epoch, to a number at random.

    A count would do until a backup is restored: writes after it could bring a count back to one that some process
    already knows.
    """
    connection.execute(update(epochs).values(mark=int.from_bytes(os.urandom(8)) >> 1))


def _put(connection: Connection, table: Table, this: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    """Update or insert; not INSERT OR REPLACE, which would delete the old row and all that refers to it."""
    if not connection.execute(update(table).where(this).values(values)).rowcount:
        connection.execute(insert(table).values(values))


def _exists(connection: Connection, condition: ColumnElement[bool]) -> bool:
    """Tell whether any access key meets ``condition``."""
    return connection.scalar(select(access_keys.c.id).where(condition).limit(1)) is not None


def _no_access_key(access_key_id: str) -> NotFoundError:
    return NotFoundError(f"there is no access key {access_key_id!r}")


def _check_references(connection: Connection, key: AccessKey) -> None:
    """Raise NotFoundError for the key's consumer or an API of its."""
    if connection.scalar(select(consumers.c.name).where(consumers.c.name == key.consumer)) is None:
        raise NotFoundError(f"there is no consumer {key.consumer!r}")
    known = set(connection.scalars(select(apis.c.name).where(apis.c.name.in_(key.apis))))
    for name in key.apis:
        if name not in known:
            raise NotFoundError(f"there is no API {name!r}")


def _link(connection: Connection, key: AccessKey) -> None:
    """Write the rows that belong to a key's own."""
    links = [{"access_key_id": key.id, "api": name} for name in dict.fromkeys(key.apis)]
    if links:
        connection.execute(insert(access_key_apis), links)
    extras = [{"access_key_id": key.id, "name": name, "sealed": sealed} for name, sealed in key.sealed_extras.items()]
    if extras:
        connection.execute(insert(access_key_extras), extras)
    if key.material is KeyMaterial.PUBLIC_KEY:
        connection.execute(insert(public_access_keys).values(access_key_id=key.id))


def _key_query(api: str | None, consumer: str | None) -> Select[Any]:
    """Select a page of keys by id."""
    query = select(access_keys).order_by(access_keys.c.id).limit(_PAGE)
    if consumer is not None:
        query = query.where(access_keys.c.consumer == consumer)
    if api is not None:
        of_api = select(access_key_apis.c.access_key_id).where(access_key_apis.c.api == api)
        query = query.where(access_keys.c.id.in_(of_api))
    return query


def _keys_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[AccessKey]:
    """Make keys of their rows, with the APIs that they are for and their further secrets."""
    if not rows:
        return []
    named: dict[str, list[str]] = {row.id: [] for row in rows}
    extras: dict[str, dict[str, bytes]] = {row.id: {} for row in rows}
    for row in connection.execute(_of(access_key_apis, named)):
        named[row.access_key_id].append(row.api)
    for row in connection.execute(_of(access_key_extras, named)):
        extras[row.access_key_id][row.name] = bytes(row.sealed)
    public = {row.access_key_id for row in connection.execute(_of(public_access_keys, named))}
    return [access_key_of(row, named[row.id], extras[row.id], is_public=row.id in public) for row in rows]


def _of(table: Table, access_key_ids: Iterable[str]) -> Select[Any]:
    """Select the rows of ``table`` that belong to these keys."""
    return select(table).where(table.c.access_key_id.in_(access_key_ids))
