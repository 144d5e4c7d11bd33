"""Statements that several tables need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, literal, select, update


def put(connection: Connection, table: Table, this: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    """Update or insert; not INSERT OR REPLACE, which would delete the old row and all that refers to it."""
    if not connection.execute(update(table).where(this).values(values)).rowcount:
        connection.execute(insert(table).values(values))


def exists(connection: Connection, condition: ColumnElement[bool]) -> bool:
    """Tell whether any row of the table that ``condition`` is about meets it."""
    return connection.scalar(select(literal(1)).where(condition).limit(1)) is not None
