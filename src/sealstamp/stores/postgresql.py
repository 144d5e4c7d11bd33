"""PostgreSQL as a key store needs it.

A reader sees one commit for the whole of its transaction, and writes nothing. Writers of keys take one lock of the
database's when they begin, so that they come one after another, as they do in SQLite: what one reads stays true until
its end, and changes are committed in the order in which they are numbered.

Nothing waits for ever: a server that takes connections and then says nothing is given up, and so is its connection.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event

from sealstamp.errors import ConfigurationError
from sealstamp.keys.ports import ChangeFeed
from sealstamp.stores.database import Begin, Database, begin_of
from sealstamp.stores.urls import PLACE, shown_url

if TYPE_CHECKING:
    import psycopg

WRITE_LOCK: Final = int.from_bytes(b"sealstmp") >> 1
"""The advisory lock of whoever writes keys; it is of one database."""
MIGRATION_MS: Final = 600_000
"""How long a process that starts waits for another one that migrates."""
ANSWER_MS: Final = 10_000
"""How long any statement but a migration's may take, beside what a writer waits for the lock."""
CHANNEL: Final = "sealstamp_changes"
_NOTIFY: Final = f"NOTIFY {CHANNEL}"
_CLOCK: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
_DEFAULTS: Final = {
    "application_name": "sealstamp",
    "client_encoding": "UTF8",
    "connect_timeout": "5",
    # Never a standby, which may not know yet what was revoked.
    "target_session_attrs": "primary",
    "tcp_user_timeout": str(ANSWER_MS),
}
"""What a URL may say otherwise: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS."""


def open_postgresql(url: str, *, busy_timeout_ms: int, connections: int) -> Database:
    """Return the database that ``url`` names, to which at most ``connections`` are made; nothing is sent yet.

    A writer waits for others up to ``busy_timeout_ms`` (milliseconds). Raises ConfigurationError.
    """
    parameters = connection_parameters(url)
    engine = create_engine(
        "postgresql+psycopg://",
        creator=partial(_connect, parameters, busy_timeout_ms + ANSWER_MS),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_timeout_ms / 1000,
        hide_parameters=True,
        use_native_hstore=False,
    )
    _begin_on(engine, busy_timeout_ms)
    return Database(engine, shown_url(url), open_feed=partial(_open_feed, parameters), notify=_NOTIFY, clock=_CLOCK)


def _open_feed(parameters: dict[str, Any]) -> ChangeFeed:
    from sealstamp.stores.hearing import PostgresFeed

    return PostgresFeed(parameters)


def connection_parameters(url: str) -> dict[str, Any]:
    """Read ``postgresql://user:password@host:port/database?parameter=value``. Raises ConfigurationError, without it."""
    try:
        from psycopg import Error
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        problem = "PostgreSQL needs psycopg, which is not installed"
        raise ConfigurationError(PLACE, problem, "pip install 'sealstamp[postgres]'") from None
    try:
        given = conninfo_to_dict(url)
    except Error:
        problem = "it is not a URL of PostgreSQL"
        hint = "write postgresql://user:password@host:5432/database, with other signs than letters and digits as %40"
        raise ConfigurationError(PLACE, problem, hint) from None
    return {**_DEFAULTS, **given}


def _connect(parameters: dict[str, Any], answer_ms: int) -> psycopg.Connection[Any]:
    from sealstamp.stores.impatient import ImpatientConnection

    connection = ImpatientConnection.connect(**parameters, autocommit=True)  # _begin begins, and nothing else does
    connection.patience = answer_ms / 1000
    return connection


def _begin_on(engine: Engine, busy_timeout_ms: int) -> None:
    statements = {
        Begin.READ: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Begin.WRITE: _writing(busy_timeout_ms),
        Begin.COUNT: _begin_writing(busy_timeout_ms),
        Begin.MIGRATE: _writing(MIGRATION_MS),
    }

    def begin(connection: Connection) -> None:
        what = begin_of(connection)
        driver: Any = connection.connection.driver_connection
        driver.is_patient = what is Begin.MIGRATE
        connection.exec_driver_sql(statements[what])

    event.listen(engine, "begin", begin)


def _writing(lock_timeout_ms: int) -> str:
    # Each statement sees what was committed before it: so none sees less than who had the lock before.
    return f"{_begin_writing(lock_timeout_ms)}; SELECT pg_advisory_xact_lock({WRITE_LOCK})"


def _begin_writing(lock_timeout_ms: int) -> str:
    return f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {lock_timeout_ms}"
