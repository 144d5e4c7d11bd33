"""What was used: last uses, and usage by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select
from sqlalchemy.dialects import sqlite

from sealstamp.keys.usage import HOUR_MS, LastUse, Usage, UsageBy, UsageFilter, UsageSum
from sealstamp.stores.sql.statements import inserting
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_keys
from sealstamp.stores.usage_tables import last_uses, usage

_DAY_MS: Final = 24 * HOUR_MS
_COLUMNS: Final[dict[UsageBy, ColumnElement[Any]]] = {
    UsageBy.HOUR: usage.c.hour_ms,
    UsageBy.DAY: usage.c.hour_ms - usage.c.hour_ms % _DAY_MS,
    UsageBy.API: usage.c.api,
    UsageBy.ACCESS_KEY: usage.c.access_key_id,
    UsageBy.CONSUMER: func.coalesce(access_keys.c.consumer, ""),
    UsageBy.REASON: usage.c.reason,
}


class UsageTables(Transactions):
    """Keeps last uses and usage. Writing it changes no epoch."""

    def add_usage(self, counted: Sequence[Usage], last: Sequence[LastUse]) -> None:
        """Add what was counted to what is kept, and keep last uses that are later; all of it, or nothing.

        Keys that are gone are passed over.
        """
        with self._counting() as connection:
            if counted:
                rows = [one._asdict() for one in sorted(counted)]  # sorted, so that two writers never wait crosswise
                connection.execute(_adding(connection), rows)
            known = _known(connection, [one.access_key_id for one in last])
            rows = [one._asdict() for one in sorted(last) if one.access_key_id in known]
            if rows:
                connection.execute(_latest(connection), rows)

    def find_last_use(self, access_key_id: str) -> LastUse | None:
        """Return when and where a key was last used, or None."""
        found = self.find_last_uses([access_key_id])
        return found[0] if found else None

    def find_last_uses(self, access_key_ids: Sequence[str]) -> Sequence[LastUse]:
        """Return the last uses of those of the keys that were used, by id."""
        query = select(last_uses).where(last_uses.c.access_key_id.in_(access_key_ids))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(last_uses.c.access_key_id)).all()
        return [LastUse(row.access_key_id, row.at_ms, row.api, row.address) for row in rows]

    def sum_usage(self, chosen: UsageFilter, by: Sequence[UsageBy] = ()) -> Sequence[UsageSum]:
        """Add up the chosen usage, once for each combination of what ``by`` names, in that order."""
        columns = [_COLUMNS[one].label(f"by_{at}") for at, one in enumerate(by)]
        query = _chosen(select(*columns, func.sum(usage.c.requests).label("total")), chosen)
        if columns:
            query = query.group_by(*columns).order_by(*columns)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return [UsageSum(tuple(row[:-1]), int(row.total)) for row in rows if row.total is not None]

    def forget_usage(self, before_ms: int, most: int) -> int:
        """Forget up to about ``most`` rows of hours that began before; return how many went."""
        oldest = select(usage.c.hour_ms).where(usage.c.hour_ms < before_ms).order_by(usage.c.hour_ms).limit(most)
        with self._counting() as connection:
            hours = set(connection.scalars(oldest))
            return connection.execute(delete(usage).where(usage.c.hour_ms.in_(hours))).rowcount if hours else 0


def _adding(connection: Connection) -> sqlite.Insert:
    insert = inserting(connection, usage)
    return insert.on_conflict_do_update(
        index_elements=list(usage.primary_key.columns), set_={"requests": usage.c.requests + insert.excluded.requests}
    )


def _latest(connection: Connection) -> sqlite.Insert:
    insert = inserting(connection, last_uses)
    came = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[last_uses.c.access_key_id],
        set_={"at_ms": came.at_ms, "api": came.api, "address": came.address},
        where=last_uses.c.at_ms < came.at_ms,
    )


def _known(connection: Connection, access_key_ids: Sequence[str]) -> set[str]:
    """Return those of the ids that there are."""
    known: set[str] = set()
    for at in range(0, len(access_key_ids), 500):
        some = access_key_ids[at : at + 500]
        known.update(connection.scalars(select(access_keys.c.id).where(access_keys.c.id.in_(some))))
    return known


def _chosen(query: Select[Any], chosen: UsageFilter) -> Select[Any]:
    query = query.select_from(usage.outerjoin(access_keys, access_keys.c.id == usage.c.access_key_id))
    query = query.where(usage.c.hour_ms >= chosen.since_ms - chosen.since_ms % HOUR_MS)
    if chosen.until_ms is not None:
        query = query.where(usage.c.hour_ms < chosen.until_ms)
    if chosen.api is not None:
        query = query.where(usage.c.api == chosen.api)
    if chosen.access_key_id is not None:
        query = query.where(usage.c.access_key_id == chosen.access_key_id)
    if chosen.consumer is not None:
        query = query.where(access_keys.c.consumer == chosen.consumer)
    if chosen.issuer is not None:
        query = query.where(access_keys.c.issuer == chosen.issuer)
    return query
