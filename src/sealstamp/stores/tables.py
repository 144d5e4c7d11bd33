"""The tables, as this version of Sealstamp reads and writes them; ``migrations`` is how a database gets there.

Only types and constraints that SQLite and PostgreSQL both have. Times are Unix milliseconds.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

NAMING: Final = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a later migration can change it."""

metadata = MetaData(naming_convention=NAMING)

apis = Table(
    "apis",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("path_prefix", Text, nullable=False),
    Column("schemes", JSON, nullable=False),
    Column("enforcement", Text, nullable=False),
    Column("replay", Text),
    Column("response_profile", Text),
    Column("upstream", Text),
)

consumers = Table("consumers", metadata, Column("name", Text, primary_key=True))

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("consumer", Text, ForeignKey("consumers.name", ondelete="RESTRICT"), nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger),
    CheckConstraint("status IN ('active', 'disabled', 'revoked')", name="status"),
)
Index(None, access_keys.c.consumer)

access_key_apis = Table(
    "access_key_apis",
    metadata,
    Column("access_key_id", Text, ForeignKey("access_keys.id", ondelete="CASCADE"), primary_key=True),
    Column("api", Text, ForeignKey("apis.name", ondelete="CASCADE"), primary_key=True),
)
Index(None, access_key_apis.c.api)

access_key_extras = Table(
    "access_key_extras",
    metadata,
    Column("access_key_id", Text, ForeignKey("access_keys.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""Further secrets of an access key, by name."""

public_access_keys = Table(
    "public_access_keys",
    metadata,
    Column("access_key_id", Text, ForeignKey("access_keys.id", ondelete="CASCADE"), primary_key=True),
)
"""The access keys whose sealed secret is a public key."""

epochs = Table(
    "epochs",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False),
)

replay_counters = Table(
    "replay_counters",
    metadata,
    Column("counter", LargeBinary, primary_key=True),
    Column("highest", Text, nullable=False),  # 20 digits, zeros before: no database has unsigned 64 bits
)

replay_claims = Table(
    "replay_claims",
    metadata,
    Column("claim", LargeBinary, primary_key=True),
    Column("expires_at_ms", BigInteger, nullable=False),
)
Index(None, replay_claims.c.expires_at_ms)
