"""Hearing of changes from PostgreSQL over a connection of its own, which LISTENs to what every change NOTIFYs."""

from __future__ import annotations

from typing import Any

import psycopg

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.failures import told
from sealstamp.stores.postgresql import CHANNEL


class PostgresFeed:
    """Hears of every commit that changes something, from when it is opened."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        """Connect. Raises StoreUnavailableError."""
        try:
            self._connection = psycopg.connect(**parameters, autocommit=True)
        except psycopg.Error as error:
            raise StoreUnavailableError(f"the database cannot answer: {told(error)}") from None
        try:
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            self.close()
            raise StoreUnavailableError(f"the database cannot answer: {told(error)}") from None

    def fileno(self) -> int:
        """Return what becomes readable when there is something to hear."""
        return self._connection.fileno()

    def drain(self) -> bool:
        """Take in what has come, without waiting; tell whether anything has changed. Raises StoreUnavailableError."""
        try:
            return bool(list(self._connection.notifies(timeout=0)))
        except psycopg.Error as error:
            raise StoreUnavailableError(f"the database cannot answer: {told(error)}") from None

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
