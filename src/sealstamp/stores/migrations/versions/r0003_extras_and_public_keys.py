"""Further secrets of access keys, and which keys are public."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"


def upgrade() -> None:
    """Make two tables; the keys that there are have neither."""
    op.create_table(
        "access_key_extras",
        sa.Column("access_key_id", sa.Text, _key(), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table("public_access_keys", sa.Column("access_key_id", sa.Text, _key(), primary_key=True))


def _key() -> sa.ForeignKey:
    return sa.ForeignKey("access_keys.id", ondelete="CASCADE")
