"""Who holds keys, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Text, bindparam, delete, insert, select

from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.changes import Change, Kind
from sealstamp.keys.domain import Consumer
from sealstamp.stores.rows import consumer_of, consumer_values
from sealstamp.stores.sql.changes import MOST_AT_ONCE
from sealstamp.stores.sql.plans import check_plan
from sealstamp.stores.sql.statements import exists, put
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_keys, consumer_parents, consumers

_CONSUMERS: Final = select(consumers, consumer_parents.c.parent).outerjoin(
    consumer_parents, consumer_parents.c.consumer == consumers.c.name
)


def _line() -> Select[Any]:
    mine = bindparam("consumer", type_=Text)
    line = select(consumer_parents).where(consumer_parents.c.consumer == mine).cte("line", recursive=True)
    line = line.union(select(consumer_parents).join(line, consumer_parents.c.consumer == line.c.parent))
    return _CONSUMERS.where((consumers.c.name == mine) | consumers.c.name.in_(select(line.c.parent)))


LINE: Final = _line()
"""Selects ``consumer`` and those above it, in any order. To make a statement takes longer than to run it."""


def _below() -> Select[Any]:
    """Select the names of some consumers that are below ``consumer``."""
    mine = bindparam("consumer", type_=Text)
    first = select(consumer_parents.c.consumer).where(consumer_parents.c.parent == mine).cte("below", recursive=True)
    next_ones = select(consumer_parents.c.consumer).join(first, consumer_parents.c.parent == first.c.consumer)
    return select(first.union(next_ones).c.consumer).limit(MOST_AT_ONCE)


_BELOW: Final = _below()


class ConsumerTables(Transactions):
    """Keeps consumers."""

    def list_consumers(
        self, after: str = "", limit: int | None = None, *, parent: str | None = None
    ) -> Sequence[Consumer]:
        """Return consumers by name, or those below ``parent``: all, or at most ``limit`` behind ``after``."""
        query = _CONSUMERS.where(consumers.c.name > after).order_by(consumers.c.name).limit(limit)
        if parent is not None:
            query = query.where(consumer_parents.c.parent == parent)
        with self._reading() as connection:
            return [consumer_of(row) for row in connection.execute(query)]

    def find_consumer(self, name: str) -> Consumer | None:
        """Return the consumer with exactly this name, or None."""
        with self._reading() as connection:
            row = connection.execute(_CONSUMERS.where(consumers.c.name == name)).first()
            return None if row is None else consumer_of(row)

    def get_consumer(self, name: str) -> Consumer:
        """Return the consumer with exactly this name. Raises NotFoundError."""
        consumer = self.find_consumer(name)
        if consumer is None:
            raise _no_consumer(name)
        return consumer

    def consumer_line(self, name: str) -> Sequence[Consumer]:
        """Return the consumer and those above it, itself first. Raises NotFoundError."""
        with self._reading() as connection:
            found = line_of(name, connection.execute(LINE, {"consumer": name}))
        if not found:
            raise _no_consumer(name)
        return found

    def put_consumer(self, consumer: Consumer) -> None:
        """Keep ``consumer``, in place of the one with its name. Raises NotFoundError for its parent or plan."""
        with self._changing(Change(Kind.CONSUMER, consumer.name)) as connection:
            if consumer.parent is not None and not exists(connection, consumers.c.name == consumer.parent):
                raise _no_consumer(consumer.parent)
            check_plan(connection, consumer.plan)
            put(connection, consumers, consumers.c.name == consumer.name, consumer_values(consumer))
            connection.execute(delete(consumer_parents).where(consumer_parents.c.consumer == consumer.name))
            if consumer.parent is not None:
                values = {"consumer": consumer.name, "parent": consumer.parent}
                connection.execute(insert(consumer_parents).values(values))
            self._changed(*_changed_below(connection, consumer.name))

    def delete_consumer(self, name: str) -> None:
        """Forget a consumer. Raises NotFoundError, or KeyStateError while it holds keys or has consumers below it."""
        with self._changing(Change(Kind.CONSUMER, name)) as connection:
            if exists(connection, access_keys.c.consumer == name):
                raise KeyStateError(f"consumer {name!r} still holds access keys")
            if exists(connection, consumer_parents.c.parent == name):
                raise KeyStateError(f"consumer {name!r} still has consumers below it")
            if not connection.execute(delete(consumers).where(consumers.c.name == name)).rowcount:
                raise _no_consumer(name)


def line_of(name: str, rows: Iterable[Row[Any]]) -> list[Consumer]:
    """Return the consumer and those above it, itself first, of what LINE selected; nothing if it is not there."""
    above = {row.name: consumer_of(row) for row in rows}
    found: list[Consumer] = []
    following: str | None = name
    while following in above:
        found.append(above.pop(following))
        following = found[-1].parent
    return found


def _changed_below(connection: Connection, name: str) -> Iterator[Change]:
    """Return changes of the consumers that are below one: what it is holds for them too."""
    below = connection.scalars(_BELOW, {"consumer": name}).all()
    return (Change(Kind.CONSUMER, one) for one in below)


def _no_consumer(name: str) -> NotFoundError:
    return NotFoundError(f"there is no consumer {name!r}")
