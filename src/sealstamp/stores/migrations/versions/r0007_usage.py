"""Last uses of access keys, usage by the hour, and what is taken of quotas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0007"
down_revision = "r0006"


def upgrade() -> None:
    """Make three tables; nothing was counted before."""
    op.create_table(
        "last_uses",
        sa.Column("access_key_id", sa.Text, sa.ForeignKey("access_keys.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("api", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
    )
    op.create_table(
        "usage",
        sa.Column("hour_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("api", sa.Text, primary_key=True),
        sa.Column("access_key_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("requests", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_usage_access_key_id", "usage", ["access_key_id"])
    op.create_table(
        "quota_uses",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("starts_at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("ends_at_ms", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("used", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_quota_uses_ends_at_ms", "quota_uses", ["ends_at_ms"])
