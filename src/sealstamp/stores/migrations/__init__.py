"""Brings a database to the tables of this version, in one transaction: whole, or not at all.

Each file in ``versions`` is one step, applied by Alembic. A step that was released is never edited.
"""

from __future__ import annotations

import re
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, column, func, inspect, select, table

from sealstamp.errors import ConfigurationError

HEAD: Final = "r0011"
"""The newest step. Written out, so that opening a database that is up to date need not load Alembic."""

VERSION_TABLE: Final = "sealstamp_version"
_STEP = re.compile(r"r[0-9]{4}")
_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text, primary_key=True))
_ALEMBIC: Final = Lock()  # Alembic keeps the environment that runs in a global of its module


def migrate(connection: Connection, place: str) -> None:
    """Bring the database to HEAD, inside the writing transaction that ``connection`` is in.

    Of several processes, the first to have the write lock migrates; the others then find nothing to do. Raises
    ConfigurationError, which names ``place``, for a database of a newer version or of another program.
    """
    if not is_at_head(connection, place):
        with _ALEMBIC:
            _upgrade(connection)
        if connection.dialect.name == "postgresql":
            _collate(connection)


def is_at_head(connection: Connection, place: str) -> bool:
    """Tell whether the database has this version's tables. Raises ConfigurationError as ``migrate`` does."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            raise _foreign(place)
        return False
    version = connection.scalar(select(_version.c.version_num)) or ""
    if _STEP.fullmatch(version) is None:
        raise _foreign(place)
    if version > HEAD:
        problem = f"the database was written by a newer version of Sealstamp ({version}; this one knows {HEAD})"
        raise ConfigurationError(place, problem, "upgrade Sealstamp, or restore an older backup")
    return version == HEAD


def is_made(connection: Connection) -> bool:
    """Tell whether a store was ever made in the database."""
    return VERSION_TABLE in inspect(connection).get_table_names()


def _collate(connection: Connection) -> None:
    """Have every text compared by its bytes, as SQLite does.

    Names and ids would else be in an order that depends on the server, and an index on them would be broken by an
    upgrade of the operating system that changes a language's order.
    """
    columns = table("columns", *map(column, ("table_name", "column_name", "data_type", "collation_name")))
    columns.schema = "information_schema"
    own = column("table_schema") == func.current_schema()
    texts = select(columns.c.table_name, columns.c.column_name).where(
        own, columns.c.data_type == "text", columns.c.collation_name.is_(None)
    )
    for name, text in connection.execute(texts).all():
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql(f'ALTER TABLE {quote(name)} ALTER COLUMN {quote(text)} TYPE text COLLATE "C"')


def _foreign(place: str) -> ConfigurationError:
    return ConfigurationError(place, "the database belongs to another program", "give Sealstamp a database of its own")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    command.upgrade(config, "head")
