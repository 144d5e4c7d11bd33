"""APIs, consumers, access keys, the epoch and the replay claims."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, and the epoch's one row."""
    _create_apis()
    op.create_table("consumers", sa.Column("name", sa.Text, primary_key=True))
    _create_access_keys()
    _create_access_key_apis()
    _create_epochs()
    _create_replay_claims()


def _create_apis() -> None:
    op.create_table(
        "apis",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("path_prefix", sa.Text, nullable=False),
        sa.Column("schemes", sa.JSON, nullable=False),
        sa.Column("enforcement", sa.Text, nullable=False),
        sa.Column("replay", sa.Text),
        sa.Column("response_profile", sa.Text),
        sa.Column("upstream", sa.Text),
    )


def _create_access_keys() -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
        sa.Column("consumer", sa.Text, sa.ForeignKey("consumers.name", ondelete="RESTRICT"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger),
        sa.CheckConstraint("status IN ('active', 'disabled', 'revoked')", name="status"),
    )
    op.create_index(op.f("ix_access_keys_consumer"), "access_keys", ["consumer"])


def _create_access_key_apis() -> None:
    key = sa.ForeignKey("access_keys.id", ondelete="CASCADE")
    api = sa.ForeignKey("apis.name", ondelete="CASCADE")
    op.create_table(
        "access_key_apis",
        sa.Column("access_key_id", sa.Text, key, primary_key=True),
        sa.Column("api", sa.Text, api, primary_key=True),
    )
    op.create_index(op.f("ix_access_key_apis_api"), "access_key_apis", ["api"])


def _create_epochs() -> None:
    one_row = sa.CheckConstraint("id = 1", name="one_row")
    epochs = op.create_table(
        "epochs",
        sa.Column("id", sa.Integer, one_row, primary_key=True, autoincrement=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(epochs, [{"id": 1, "mark": 0}])


def _create_replay_claims() -> None:
    op.create_table(
        "replay_claims",
        sa.Column("claim", sa.LargeBinary, primary_key=True),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index(op.f("ix_replay_claims_expires_at_ms"), "replay_claims", ["expires_at_ms"])
