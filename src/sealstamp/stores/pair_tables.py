"""The tables of plans, invitations, access requests, and mail that is to be sent."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from sealstamp.stores.tables import metadata

plans = Table(
    "plans",
    metadata,
    Column("name", Text, primary_key=True),
    Column("scopes", JSON, nullable=False),
    Column("rate_limit", Text),
    Column("quota_day", BigInteger),
    Column("quota_month", BigInteger),
    Column("consumer_quota_month", BigInteger),
    Column("max_sub_keys", BigInteger),
    Column("sub_plans", JSON, nullable=False),
    Column("version", BigInteger, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("consumer", Text, ForeignKey("consumers.name", ondelete="CASCADE"), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("holder", Text),
    Column("email", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("settled_at_ms", BigInteger),
    Column("access_key_id", Text),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("status IN ('open', 'claimed', 'withdrawn')", name="status"),
)
Index(None, invitations.c.token_hash, unique=True)
Index(None, invitations.c.consumer)

access_requests = Table(
    "access_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("api", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("decided_at_ms", BigInteger),
    Column("reason", Text),
    Column("consumer", Text),
    Column("invitation", Text),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("status IN ('open', 'approved', 'declined')", name="status"),
)
Index(None, access_requests.c.status)
Index(None, access_requests.c.created_at_ms)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("sealed_values", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("next_attempt_at_ms", BigInteger, nullable=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("problem", Text),
    Column("settled_at_ms", BigInteger),
    CheckConstraint("status IN ('queued', 'sent', 'failed')", name="status"),
)
Index("ix_outbox_due", outbox.c.status, outbox.c.next_attempt_at_ms)
Index(None, outbox.c.about)
