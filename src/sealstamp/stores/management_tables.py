"""The tables behind the management API: operators, the one-time bootstrap, repeatable answers, uploaded schemes."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, Table, Text

from sealstamp.stores.tables import metadata

operators = Table(
    "operators",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("access_key_id", Text, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("role IN ('viewer', 'operator', 'admin')", name="role"),
    CheckConstraint("status IN ('active', 'revoked')", name="status"),
)
Index(None, operators.c.access_key_id, unique=True)

bootstraps = Table(
    "bootstraps",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at_ms", BigInteger, nullable=False),
)
"""SHA-256 digests of bootstrap tokens; the tokens themselves are nowhere."""

repeatable_answers = Table(
    "repeatable_answers",
    metadata,
    Column("claim", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("sealed_answer", LargeBinary, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
"""Answers to requests with an Idempotency-Key: ``claim`` and ``request`` are SHA-256 digests."""
Index(None, repeatable_answers.c.expires_at_ms)

scheme_versions = Table(
    "scheme_versions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)
