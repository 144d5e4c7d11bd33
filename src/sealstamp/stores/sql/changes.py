"""The epoch, and the log of what the last changes were about."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.changes import EVERYTHING, Change, Kind, News
from sealstamp.stores.tables import changes, epochs

KEPT: Final = 10_000
"""How many changes are kept; who has missed more reads everything anew."""
MOST_AT_ONCE: Final = 1_000
"""A transaction that changes more than this has changed everything."""
_PRUNED_EVERY: Final = 500


def present_epoch(connection: Connection) -> int:
    """Return the epoch. Raises StoreUnavailableError where there is none."""
    mark = connection.scalar(select(epochs.c.mark))
    if mark is None:
        raise StoreUnavailableError("the database is damaged: it has no epoch")
    return int(mark)


def write_changes(connection: Connection, changed: Collection[Change]) -> None:
    """Move the epoch, to a number at random, and keep what it was for. The write lock must be held.

    A count would do until a backup is restored: writes after it could bring a count back to one that some process
    already knows.
    """
    mark = int.from_bytes(os.urandom(8)) >> 1
    written = [EVERYTHING] if EVERYTHING in changed or len(changed) > MOST_AT_ONCE else list(changed)
    last = connection.scalar(select(func.max(changes.c.number))) or 0
    rows = [
        {"number": last + at, "mark": mark, "kind": one.kind, "name": one.name} for at, one in enumerate(written, 1)
    ]
    connection.execute(insert(changes), rows)
    connection.execute(update(epochs).values(mark=mark))
    if (last + len(rows)) // _PRUNED_EVERY > last // _PRUNED_EVERY:
        connection.execute(delete(changes).where(changes.c.number <= last - KEPT))


def read_news(connection: Connection, epoch: int) -> News:
    """Return what has changed since ``epoch``. The connection must see one commit for all that it reads."""
    present = present_epoch(connection)
    if present == epoch:
        return News(present)
    known = select(func.max(changes.c.number)).where(changes.c.mark == epoch).scalar_subquery()
    rows = connection.execute(select(changes).where(changes.c.number > known).order_by(changes.c.number)).all()
    if not rows or rows[-1].mark != present:  # pruned, restored from a backup, or moved by an older version
        return News(present, {EVERYTHING})
    return News(present, {_change_of(row) for row in rows})


def _change_of(row: Row[tuple[int, int, str, str]]) -> Change:
    try:
        return Change(Kind(row.kind), row.name)
    except ValueError:  # of a newer version
        return EVERYTHING
