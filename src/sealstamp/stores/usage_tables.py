"""The tables of what was used: last uses, usage by the hour, and what is taken of quotas."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from sealstamp.stores.tables import metadata

last_uses = Table(
    "last_uses",
    metadata,
    Column("access_key_id", Text, ForeignKey("access_keys.id", ondelete="CASCADE"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("api", Text, nullable=False),
    Column("address", Text),
)

usage = Table(
    "usage",
    metadata,
    Column("hour_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("api", Text, primary_key=True),
    Column("access_key_id", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
)
"""Nothing here refers to keys or APIs: what was used stays known when they are gone."""
Index(None, usage.c.access_key_id)

quota_uses = Table(
    "quota_uses",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("starts_at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("ends_at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
)
"""How much of a quota is taken: used, or held by a process that is about to use it."""
Index(None, quota_uses.c.ends_at_ms)
