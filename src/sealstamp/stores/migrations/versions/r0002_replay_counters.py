"""The last number of each access key whose nonces count up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "replay_counters",
        sa.Column("counter", sa.LargeBinary, primary_key=True),
        sa.Column("highest", sa.Text, nullable=False),
    )
