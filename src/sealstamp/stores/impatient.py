"""A connection to PostgreSQL that gives up a server which says nothing."""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

T = TypeVar("T")
_INTERVAL = 0.1


class SilentServerError(psycopg.OperationalError):
    """The server did not answer in time."""

    is_silent = True


class ImpatientConnection(psycopg.Connection[Any]):
    """Closes itself when a statement takes longer than ``patience`` (seconds), unless it ``is_patient``.

    The server's own time limits are no help against a server that is stopped or cut off.
    """

    patience: float = 10.0
    is_patient = False

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for the server. Raises SilentServerError, after which the connection is closed."""
        if timeout is not None or self.is_patient:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001  # psycopg has no public name for it
            self.close()
            raise SilentServerError("timeout expired") from None
