"""The replay ledger: claims that must outlive the process, and the last number of what counts up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from sealstamp.stores.sql.statements import put
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import replay_claims, replay_counters


class ReplayTables(Transactions):
    """Keeps replay claims and counters."""

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        """Keep ``claim`` on the disk before this returns; outside a transaction, that is."""
        values = {"claim": claim, "expires_at_ms": expires_at_ms}
        with self._writing() as connection:
            put(connection, replay_claims, replay_claims.c.claim == claim, values)

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        """Return claims not yet expired with their expiry, and forget the others."""
        query = select(replay_claims.c.claim, replay_claims.c.expires_at_ms).order_by(replay_claims.c.claim)
        with self._writing() as connection:
            connection.execute(delete(replay_claims).where(replay_claims.c.expires_at_ms <= now_ms))
            return [(bytes(claim), expires_at_ms) for claim, expires_at_ms in connection.execute(query)]

    def advance(self, counter: bytes, number: int) -> bool:
        """Keep ``number`` for ``counter`` if it is above the one kept; it is on the disk when this returns True.

        ``number`` has at most 64 bits. Of several processes with one number, exactly one is told True.
        """
        this, text = replay_counters.c.counter == counter, f"{number:020}"
        with self._writing() as connection:
            if connection.scalar(select(replay_counters.c.highest).where(this)) is None:
                connection.execute(insert(replay_counters).values(counter=counter, highest=text))
                return True
            higher = update(replay_counters).where(this, replay_counters.c.highest < text).values(highest=text)
            return bool(connection.execute(higher).rowcount)
