"""Answers that may be asked for again, under a key of the asker's making."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from sealstamp.keys.repeatable import Repeatable
from sealstamp.stores.management_tables import repeatable_answers
from sealstamp.stores.sql.unit import Transactions


class RepeatableTables(Transactions):
    """Keeps sealed answers until they expire."""

    def find_repeatable(self, claim: bytes, now_ms: int) -> tuple[bytes, bytes] | None:
        """Return the digest of the request that made ``claim``, and its sealed answer; or None."""
        table = repeatable_answers
        with self._reading() as connection:
            query = select(table).where(table.c.claim == claim, table.c.expires_at_ms > now_ms)
            row = connection.execute(query).one_or_none()
            return None if row is None else (bytes(row.request), bytes(row.sealed_answer))

    def add_repeatable(
        self, claim: bytes, request: bytes, sealed_answer: bytes, *, expires_at_ms: int, now_ms: int
    ) -> None:
        """Keep an answer, and forget those that have expired."""
        table = repeatable_answers
        values = {"claim": claim, "request": request, "sealed_answer": sealed_answer, "expires_at_ms": expires_at_ms}
        with self._writing() as connection:
            connection.execute(delete(table).where(table.c.expires_at_ms <= now_ms))
            connection.execute(insert(table).values(values))

    def list_repeatable(self, after: bytes, limit: int) -> Sequence[Repeatable]:
        """Return answers by claim: at most ``limit`` of those behind ``after``."""
        table = repeatable_answers
        with self._reading() as connection:
            query = select(table).where(table.c.claim > after).order_by(table.c.claim).limit(limit)
            return [Repeatable(bytes(row.claim), bytes(row.sealed_answer)) for row in connection.execute(query)]

    def seal_repeatable_anew(self, claim: bytes, sealed: bytes) -> None:
        """Keep an answer's sealed form in place of the one before."""
        this = update(repeatable_answers).where(repeatable_answers.c.claim == claim)
        with self._writing() as connection:
            connection.execute(this.values(sealed_answer=sealed))
