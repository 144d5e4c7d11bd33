"""Plans, invitations, access requests, and mail that is to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0008"
down_revision = "r0007"


def upgrade() -> None:
    """Make the tables; keys may be on a plan."""
    _create_plans()
    op.add_column("access_keys", sa.Column("plan", sa.Text))
    _create_invitations()
    _create_access_requests()
    _create_outbox()


def _create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("rate_limit", sa.Text),
        sa.Column("quota_day", sa.BigInteger),
        sa.Column("quota_month", sa.BigInteger),
        sa.Column("consumer_quota_month", sa.BigInteger),
        sa.Column("max_sub_keys", sa.BigInteger),
        sa.Column("sub_plans", sa.JSON, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("consumer", sa.Text, sa.ForeignKey("consumers.name", ondelete="CASCADE"), nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("settled_at_ms", sa.BigInteger),
        sa.Column("access_key_id", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("status IN ('open', 'claimed', 'withdrawn')", name="status"),
    )
    op.create_index(op.f("ix_invitations_token_hash"), "invitations", ["token_hash"], unique=True)
    op.create_index(op.f("ix_invitations_consumer"), "invitations", ["consumer"])


def _create_access_requests() -> None:
    op.create_table(
        "access_requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("api", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("consumer", sa.Text),
        sa.Column("invitation", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("status IN ('open', 'approved', 'declined')", name="status"),
    )
    op.create_index(op.f("ix_access_requests_status"), "access_requests", ["status"])
    op.create_index(op.f("ix_access_requests_created_at_ms"), "access_requests", ["created_at_ms"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("sealed_values", sa.LargeBinary, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at_ms", sa.BigInteger, nullable=False),
        sa.Column("deadline_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("settled_at_ms", sa.BigInteger),
        sa.CheckConstraint("status IN ('queued', 'sent', 'failed')", name="status"),
    )
    op.create_index("ix_outbox_due", "outbox", ["status", "next_attempt_at_ms"])
    op.create_index(op.f("ix_outbox_about"), "outbox", ["about"])
