"""The tables, as this version of Sealstamp reads and writes them; ``migrations`` is how a database gets there.

Only types and constraints that SQLite and PostgreSQL both have. Times are Unix milliseconds.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
)

NAMING: Final = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name, so that a later migration can change it."""

EMPTY_ARRAY: Final = "[]"
EMPTY_OBJECT: Final = "{}"
FIRST_VERSION: Final = "1"
"""What the columns hold in rows that are older than they."""

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
    Column("scopes", JSON, nullable=False, server_default=EMPTY_ARRAY),
    Column("version", BigInteger, nullable=False, server_default=FIRST_VERSION),
)

consumers = Table(
    "consumers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("email", Text),
    Column("labels", JSON, nullable=False, server_default=EMPTY_OBJECT),
    Column("plan", Text),
    Column(
        "status",
        Text,
        CheckConstraint("status IN ('active', 'suspended')", name="status"),
        nullable=False,
        server_default="active",
    ),
    Column("max_sub_keys", BigInteger),
    Column("quota_month", BigInteger),
    Column("version", BigInteger, nullable=False, server_default=FIRST_VERSION),
    Column("suspended_by_parent", Boolean, nullable=False, server_default=false()),
)

consumer_parents = Table(
    "consumer_parents",
    metadata,
    Column("consumer", Text, ForeignKey("consumers.name", ondelete="CASCADE"), primary_key=True),
    Column("parent", Text, ForeignKey("consumers.name", ondelete="RESTRICT"), nullable=False),
)
"""Which consumer belongs to which; a table, for SQLite adds no column with a named reference."""
Index(None, consumer_parents.c.parent)

access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("consumer", Text, ForeignKey("consumers.name", ondelete="RESTRICT"), nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("name", Text),
    Column("scopes", JSON, nullable=False, server_default=EMPTY_ARRAY),
    Column("networks", JSON, nullable=False, server_default=EMPTY_ARRAY),
    Column("rate_limit", Text),
    Column("quota_day", BigInteger),
    Column("quota_month", BigInteger),
    Column("labels", JSON, nullable=False, server_default=EMPTY_OBJECT),
    Column("replaces", Text),
    Column("replaced_by", Text),
    Column("version", BigInteger, nullable=False, server_default=FIRST_VERSION),
    Column("plan", Text),
    Column("issuer", Text),
    Column("issuer_key", Text),
    Column("suspended_by_issuer", Boolean, nullable=False, server_default=false()),
    CheckConstraint("status IN ('active', 'disabled', 'revoked')", name="status"),
)
Index(None, access_keys.c.consumer)
Index(None, access_keys.c.issuer)

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

changes = Table(
    "changes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("mark", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
)
"""The last changes, in the order of their commits; ``mark`` is the epoch that came with one."""
Index(None, changes.c.mark)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("request_id", Text),
    Column("before", Text),  # JSON; as text, so that one that was spoilt can still be read and named
    Column("after", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
Index(None, audit_entries.c.subject)
Index(None, audit_entries.c.at_ms)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
"""The newest audit entry: who appends locks this row, and a tail that was cut off is missed."""

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

replay_lives = Table(
    "replay_lives",
    metadata,
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("shards", Integer, nullable=False),
    Column("mark", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("born_ms", BigInteger, nullable=False),
    Column("wait_ms", BigInteger, nullable=False),
    Column("patience_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('waiting', 'opening', 'open')", name="state"),
)
"""The life of each shard of a replay store that many machines share."""
