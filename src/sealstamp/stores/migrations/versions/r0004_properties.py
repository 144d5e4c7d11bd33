"""What APIs ask for, who consumers are and belong to, and what access keys may do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"

_EMPTY_ARRAY = "[]"
_EMPTY_OBJECT = "{}"


def upgrade() -> None:
    """Add columns; no table is made anew, for that would let go of the rows that refer to it."""
    _add("apis", _required("scopes", sa.JSON, _EMPTY_ARRAY), _version())
    _add_to_consumers()
    _create_consumer_parents()
    _add_to_access_keys()


def _add_to_consumers() -> None:
    known = sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("ck_consumers_status"))
    _add(
        "consumers",
        sa.Column("email", sa.Text),
        _required("labels", sa.JSON, _EMPTY_OBJECT),
        sa.Column("plan", sa.Text),
        sa.Column("status", sa.Text, known, nullable=False, server_default="active"),
        sa.Column("max_sub_keys", sa.BigInteger),
        sa.Column("quota_month", sa.BigInteger),
        _version(),
    )


def _create_consumer_parents() -> None:
    below = sa.ForeignKey("consumers.name", ondelete="CASCADE")
    above = sa.ForeignKey("consumers.name", ondelete="RESTRICT")
    op.create_table(
        "consumer_parents",
        sa.Column("consumer", sa.Text, below, primary_key=True),
        sa.Column("parent", sa.Text, above, nullable=False),
    )
    op.create_index(op.f("ix_consumer_parents_parent"), "consumer_parents", ["parent"])


def _add_to_access_keys() -> None:
    _add(
        "access_keys",
        sa.Column("name", sa.Text),
        _required("scopes", sa.JSON, _EMPTY_ARRAY),
        _required("networks", sa.JSON, _EMPTY_ARRAY),
        sa.Column("rate_limit", sa.Text),
        sa.Column("quota_day", sa.BigInteger),
        sa.Column("quota_month", sa.BigInteger),
        _required("labels", sa.JSON, _EMPTY_OBJECT),
        sa.Column("replaces", sa.Text),
        sa.Column("replaced_by", sa.Text),
        _version(),
    )


def _add(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _required(name: str, kind: type[sa.types.TypeEngine[Any]], default: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _version() -> sa.Column[Any]:
    return _required("version", sa.BigInteger, "1")
