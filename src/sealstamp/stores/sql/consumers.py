"""Who holds keys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.domain import Consumer
from sealstamp.stores.sql.statements import exists, put
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_keys, consumers


class ConsumerTables(Transactions):
    """Keeps consumers."""

    def list_consumers(self) -> Sequence[Consumer]:
        """Return every consumer, by name."""
        with self._reading() as connection:
            return [Consumer(name) for name in connection.scalars(select(consumers.c.name).order_by(consumers.c.name))]

    def put_consumer(self, consumer: Consumer) -> None:
        """Keep ``consumer``, in place of the one with its name."""
        with self._changing() as connection:
            put(connection, consumers, consumers.c.name == consumer.name, {"name": consumer.name})

    def delete_consumer(self, name: str) -> None:
        """Forget a consumer. Raises NotFoundError, or KeyStateError while it holds keys."""
        with self._changing() as connection:
            if exists(connection, access_keys.c.consumer == name):
                raise KeyStateError(f"consumer {name!r} still holds access keys")
            if not connection.execute(delete(consumers).where(consumers.c.name == name)).rowcount:
                raise NotFoundError(f"there is no consumer {name!r}")
