"""Uploaded schemes: every version of each, the newest of which counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, func, insert, select

from sealstamp.errors import NotFoundError
from sealstamp.keys.schemes import StoredScheme
from sealstamp.stores.management_tables import scheme_versions
from sealstamp.stores.sql.unit import Transactions

_newest = (
    select(scheme_versions.c.name, func.max(scheme_versions.c.version).label("version"))
    .group_by(scheme_versions.c.name)
    .subquery()
)


class SchemeTables(Transactions):
    """Keeps uploaded schemes."""

    def list_schemes(self) -> Sequence[StoredScheme]:
        """Return the newest version of every uploaded scheme, by name."""
        table = scheme_versions
        is_newest = (table.c.name == _newest.c.name) & (table.c.version == _newest.c.version)
        query = select(table).join(_newest, is_newest).order_by(table.c.name)
        with self._reading() as connection:
            return [_scheme_of(row) for row in connection.execute(query)]

    def list_scheme_versions(
        self, name: str, below: int | None = None, limit: int | None = None
    ) -> Sequence[StoredScheme]:
        """Return versions of one uploaded scheme, the newest first: all, or at most ``limit`` of those below one."""
        table = scheme_versions
        query = select(table).where(table.c.name == name).order_by(table.c.version.desc()).limit(limit)
        if below is not None:
            query = query.where(table.c.version < below)
        with self._reading() as connection:
            return [_scheme_of(row) for row in connection.execute(query)]

    def add_scheme_version(self, scheme: StoredScheme) -> None:
        """Keep a version that is not there yet."""
        values = {
            "name": scheme.name,
            "version": scheme.version,
            "text": scheme.text,
            "created_at_ms": scheme.created_at_ms,
            "created_by": scheme.created_by,
        }
        with self._changing() as connection:
            connection.execute(insert(scheme_versions).values(values))

    def delete_scheme(self, name: str) -> None:
        """Forget every version of an uploaded scheme. Raises NotFoundError."""
        with self._changing() as connection:
            if not connection.execute(delete(scheme_versions).where(scheme_versions.c.name == name)).rowcount:
                raise NotFoundError(f"there is no uploaded scheme {name!r}")


def _scheme_of(row: Row[Any]) -> StoredScheme:
    return StoredScheme(
        name=row.name,
        version=row.version,
        text=row.text,
        created_at_ms=row.created_at_ms,
        created_by=row.created_by,
    )
