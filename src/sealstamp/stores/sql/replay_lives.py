"""The register of a shared replay store's lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from sealstamp.keys.lives import Life, LifeState
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import replay_lives


class ReplayLifeTables(Transactions):
    """Keeps the lives of a replay store."""

    def lives(self) -> Sequence[Life]:
        """Return the life of each shard that has one, by shard."""
        with self._reading() as connection:
            rows = connection.execute(select(replay_lives).order_by(replay_lives.c.shard))
            return [Life(**{**row._mapping, "state": LifeState(row.state)}) for row in rows]  # noqa: SLF001

    def replace_life(self, old: Life | None, new: Life) -> bool:
        """Put ``new`` in the place of ``old``, or of none; tell whether ``old`` was still there.

        Of several processes that replace one life, exactly one is told True.
        """
        with self._writing() as connection:
            if old is not None:
                changed = connection.execute(update(replay_lives).where(_is(old)).values(asdict(new)))
                return bool(changed.rowcount)
            if connection.scalar(select(replay_lives.c.shard).where(replay_lives.c.shard == new.shard)) is not None:
                return False
            connection.execute(insert(replay_lives).values(asdict(new)))
            return True

    def replace_lives(self, old: Sequence[Life], new: Sequence[Life]) -> bool:
        """Put ``new`` in the place of all that there are; tell whether those were ``old``."""
        with self._writing() as connection:
            if list(self.lives()) != list(old):
                return False
            connection.execute(delete(replay_lives))
            if new:
                connection.execute(insert(replay_lives), [asdict(life) for life in new])
            return True


def _is(life: Life) -> ColumnElement[bool]:
    return and_(*(replay_lives.c[name] == value for name, value in asdict(life).items()))
