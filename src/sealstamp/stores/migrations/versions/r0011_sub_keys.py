"""Sub keys, and what distributors suspend."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0011"
down_revision = "r0010"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("consumers", _flag("suspended_by_parent"))
    for name in ("issuer", "issuer_key"):
        op.add_column("access_keys", sa.Column(name, sa.Text))
    op.add_column("access_keys", _flag("suspended_by_issuer"))
    op.create_index("ix_access_keys_issuer", "access_keys", ["issuer"])


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
