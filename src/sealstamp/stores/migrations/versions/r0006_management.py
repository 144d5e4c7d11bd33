"""Operators, the one-time bootstrap, answers that can be repeated, and uploaded schemes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "operators",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("access_key_id", sa.Text, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role"),
        sa.CheckConstraint("status IN ('active', 'revoked')", name="status"),
    )
    op.create_index("ix_operators_access_key_id", "operators", ["access_key_id"], unique=True)
    op.create_table(
        "bootstraps",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "repeatable_answers",
        sa.Column("claim", sa.LargeBinary, primary_key=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_repeatable_answers_expires_at_ms", "repeatable_answers", ["expires_at_ms"])
    op.create_table(
        "scheme_versions",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
