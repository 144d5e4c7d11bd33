"""Operators, and the one-time bootstrap of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from sealstamp.errors import NotFoundError
from sealstamp.keys.changes import Change, Kind
from sealstamp.keys.operators import Operator, OperatorStatus, Role
from sealstamp.keys.rules import is_access_key_id
from sealstamp.stores.management_tables import bootstraps, operators
from sealstamp.stores.sql.unit import Transactions


class OperatorTables(Transactions):
    """Keeps operators and digests of bootstrap tokens."""

    def list_operators(self, after: str = "", limit: int | None = None) -> Sequence[Operator]:
        """Return operators by name: all, or at most ``limit`` of those behind ``after``."""
        query = select(operators).where(operators.c.name > after).order_by(operators.c.name).limit(limit)
        with self._reading() as connection:
            return [_operator_of(row) for row in connection.execute(query)]

    def find_operator(self, name: str) -> Operator | None:
        """Return the operator of this name, or None."""
        return self._find_operator(operators.c.name == name)

    def find_operator_by_key(self, access_key_id: str) -> Operator | None:
        """Return the operator whose key has exactly this id, or None."""
        if not is_access_key_id(access_key_id):  # ids come from the network, and some texts no database takes
            return None
        return self._find_operator(operators.c.access_key_id == access_key_id)

    def _find_operator(self, this: ColumnElement[bool]) -> Operator | None:
        with self._reading() as connection:
            row = connection.execute(select(operators).where(this)).one_or_none()
            return None if row is None else _operator_of(row)

    def add_operator(self, operator: Operator) -> None:
        """Keep a new operator, whose name and key id nobody has."""
        with self._changing(Change(Kind.OPERATOR, operator.name)) as connection:
            connection.execute(insert(operators).values(_values(operator)))

    def update_operator(self, operator: Operator) -> None:
        """Keep ``operator`` in place of the one of its name. Raises NotFoundError."""
        this = operators.c.name == operator.name
        with self._changing(Change(Kind.OPERATOR, operator.name)) as connection:
            if not connection.execute(update(operators).where(this).values(_values(operator))).rowcount:
                raise NotFoundError(f"there is no operator {operator.name!r}")

    def put_bootstrap(self, digest: bytes, expires_at_ms: int) -> None:
        """Keep the digest of the one bootstrap token that counts, in place of any before."""
        with self._writing() as connection:
            connection.execute(delete(bootstraps))
            connection.execute(insert(bootstraps).values(digest=digest, expires_at_ms=expires_at_ms))

    def find_bootstrap(self) -> tuple[bytes, int] | None:
        """Return the digest of the bootstrap token and when it ends, in Unix milliseconds; or None."""
        with self._reading() as connection:
            row = connection.execute(select(bootstraps)).one_or_none()
            return None if row is None else (bytes(row.digest), int(row.expires_at_ms))

    def delete_bootstrap(self) -> None:
        """Forget the bootstrap token."""
        with self._writing() as connection:
            connection.execute(delete(bootstraps))


def _values(operator: Operator) -> Mapping[str, Any]:
    return {
        "name": operator.name,
        "role": operator.role.value,
        "access_key_id": operator.access_key_id,
        "sealed_secret": operator.sealed_secret,
        "status": operator.status.value,
        "created_at_ms": operator.created_at_ms,
        "expires_at_ms": operator.expires_at_ms,
        "version": operator.version,
    }


def _operator_of(row: Row[Any]) -> Operator:
    return Operator(
        name=row.name,
        role=Role(row.role),
        access_key_id=row.access_key_id,
        sealed_secret=bytes(row.sealed_secret),
        status=OperatorStatus(row.status),
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        version=row.version,
    )
