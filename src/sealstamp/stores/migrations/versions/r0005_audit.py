"""The audit, and its head."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"

_BEFORE_THE_FIRST = "0" * 64


def upgrade() -> None:
    """Make the tables, and the head's one row."""
    _create_entries()
    one_row = sa.CheckConstraint("id = 1", name="one_row")
    heads = op.create_table(
        "audit_heads",
        sa.Column("id", sa.Integer, one_row, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.bulk_insert(heads, [{"id": 1, "number": 0, "hash": _BEFORE_THE_FIRST}])


def _create_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    for column in ("subject", "at_ms"):
        op.create_index(op.f(f"ix_audit_entries_{column}"), "audit_entries", [column])
