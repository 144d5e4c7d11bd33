"""Sub keys: how many a distributor has, and which others change when one of its own keys does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import CTE, Connection, Select, Text, bindparam, false, func, select

from sealstamp.keys.changes import Change, Kind
from sealstamp.keys.domain import KeyStatus
from sealstamp.stores.sql.changes import MOST_AT_ONCE
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_keys, consumer_parents


class SubKeyTables(Transactions):
    """Counts sub keys."""

    def count_sub_keys(self, consumer: str, now_ms: int) -> int:
        """Return how many sub keys a consumer and those below it have issued.

        Those that were revoked do not count, nor those that were rotated and have ended by ``now_ms``.
        """
        with self._reading() as connection:
            return connection.scalar(_COUNTED, {"consumer": consumer, "now_ms": now_ms}) or 0


def measured_by(connection: Connection, access_key_id: str) -> Iterator[Change]:
    """Return changes of those who hold sub keys of the key's holder: what these may do depends on its keys."""
    holders = connection.scalars(_MEASURED, {"id": access_key_id}).all()
    return (Change(Kind.CONSUMER, one) for one in holders)


def _counted() -> Select[Any]:
    """Select how many sub keys ``consumer`` and those below it have, at ``now_ms``.

    Consumers below one can be very many, and few of them issue keys: so it goes up from those that do.
    """
    issuers = _issuers()
    line = select(issuers.c.name.label("issuer"), issuers.c.name.label("above")).cte("line", recursive=True)
    parents = consumer_parents.c
    line = line.union(select(line.c.issuer, parents.parent).join(line, parents.consumer == line.c.above))
    issuing = select(line.c.issuer).where(line.c.above == bindparam("consumer", type_=Text))
    has_ended = access_keys.c.replaced_by.is_not(None) & (access_keys.c.expires_at_ms <= bindparam("now_ms"))
    return select(func.count()).where(
        access_keys.c.issuer.in_(issuing),
        access_keys.c.status != KeyStatus.REVOKED,
        func.coalesce(has_ended, false()).is_(false()),
    )


def _issuers() -> CTE:
    """Return who has issued sub keys, as ``name``, and at the end NULL: one step through the index for each."""
    first, after = access_keys.alias("first"), access_keys.alias("after")
    found = select(func.min(first.c.issuer).label("name")).cte("issuers", recursive=True)
    following = select(func.min(after.c.issuer)).where(after.c.issuer > found.c.name).scalar_subquery()
    return found.union_all(select(following).where(found.c.name.is_not(None)))


def _measured() -> Select[Any]:
    this = access_keys.alias("this")
    holder = select(this.c.consumer).where(this.c.id == bindparam("id")).scalar_subquery()
    return select(access_keys.c.consumer).where(access_keys.c.issuer == holder).distinct().limit(MOST_AT_ONCE)


_COUNTED: Final = _counted()
_MEASURED: Final = _measured()
