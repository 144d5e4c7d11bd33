"""Statements that several tables need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Table, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

_INSERT: Final = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def inserting(connection: Connection, table: Table) -> sqlite.Insert:
    """Return an insert that can say what to do ON CONFLICT, which both databases write alike."""
    return cast(sqlite.Insert, _INSERT[connection.dialect.name](table))


def put(connection: Connection, table: Table, this: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    """Update or insert; not INSERT OR REPLACE, which would delete the old row and all that refers to it."""
    if not connection.execute(update(table).where(this).values(values)).rowcount:
        connection.execute(insert(table).values(values))


def exists(connection: Connection, condition: ColumnElement[bool]) -> bool:
    """Tell whether any row of the table that ``condition`` is about meets it."""
    return connection.scalar(select(literal(1)).where(condition).limit(1)) is not None
