"""What is taken of quotas."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, select, update

from sealstamp.keys.quotas import Ask, Span, share_of
from sealstamp.stores.sql.statements import inserting
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.usage_tables import quota_uses


class QuotaTables(Transactions):
    """Keeps what is taken of quotas. Writing it changes no epoch."""

    def take_quotas(self, asks: Sequence[Ask]) -> Sequence[int]:
        """Take a share for each ask, all or none of them, and return how much each is; negative ones give back."""
        in_order = sorted(range(len(asks)), key=lambda at: asks[at][:2])  # so that two writers never wait crosswise
        granted = [0] * len(asks)
        with self._counting() as connection:
            for at in in_order:
                granted[at] = _take(connection, asks[at])
        return granted

    def find_quota_used(self, subject: str, span: Span) -> int:
        """Return how much of a quota is taken: used, or held by a process that is about to use it."""
        query = select(quota_uses.c.used).where(
            quota_uses.c.subject == subject,
            quota_uses.c.starts_at_ms == span.starts_at_ms,
            quota_uses.c.ends_at_ms == span.ends_at_ms,
        )
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def forget_quotas(self, before_ms: int) -> int:
        """Forget spans that ended before; return how many went."""
        with self._counting() as connection:
            return connection.execute(delete(quota_uses).where(quota_uses.c.ends_at_ms < before_ms)).rowcount


def _take(connection: Connection, ask: Ask) -> int:
    this = and_(
        quota_uses.c.subject == ask.subject,
        quota_uses.c.starts_at_ms == ask.span.starts_at_ms,
        quota_uses.c.ends_at_ms == ask.span.ends_at_ms,
    )
    values = {"subject": ask.subject, **ask.span._asdict(), "used": 0}
    connection.execute(inserting(connection, quota_uses).values(values).on_conflict_do_nothing())
    used = connection.execute(select(quota_uses.c.used).where(this).with_for_update()).scalar_one()
    share = share_of(ask, used)
    if share:
        connection.execute(update(quota_uses).where(this).values(used=used + share))
    return share
