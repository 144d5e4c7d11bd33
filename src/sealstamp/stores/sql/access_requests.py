"""Access requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from sealstamp.errors import NotFoundError
from sealstamp.keys.requests import AccessRequest, RequestStatus
from sealstamp.stores.pair_tables import access_requests
from sealstamp.stores.sql.unit import Transactions


class AccessRequestTables(Transactions):
    """Keeps access requests."""

    def list_access_requests(
        self, *, status: RequestStatus | None = None, after: str = "", limit: int = 1_000
    ) -> Sequence[AccessRequest]:
        """Return requests by id, which is by age: at most ``limit`` of those after the id ``after``."""
        query = select(access_requests).where(access_requests.c.id > after)
        if status is not None:
            query = query.where(access_requests.c.status == status)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(access_requests.c.id).limit(limit))
            return [_request_of(row) for row in rows]

    def get_access_request(self, request_id: str) -> AccessRequest:
        """Return the request with exactly this id. Raises NotFoundError."""
        with self._reading() as connection:
            row = connection.execute(select(access_requests).where(access_requests.c.id == request_id)).first()
            if row is None:
                raise NotFoundError(f"there is no access request {request_id!r}")
            return _request_of(row)

    def count_access_requests(
        self,
        *,
        status: RequestStatus | None = None,
        email: str | None = None,
        address: str | None = None,
        since_ms: int = 0,
    ) -> int:
        """Return how many there are: in a status, of an e-mail address, from an address, made at or after a time."""
        table = access_requests.c
        query = select(func.count()).where(table.created_at_ms >= since_ms)
        for column, sought in ((table.status, status), (table.email, email), (table.address, address)):
            if sought is not None:
                query = query.where(column == sought)
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def add_access_request(self, request: AccessRequest) -> None:
        """Keep a new request."""
        with self._writing() as connection:
            connection.execute(insert(access_requests).values(_request_values(request)))

    def update_access_request(self, request: AccessRequest) -> bool:
        """Keep ``request`` in place of the version before it; tell whether that one, and open, was still there."""
        table = access_requests.c
        this = update(access_requests).where(
            table.id == request.id, table.version == request.version - 1, table.status == RequestStatus.OPEN
        )
        with self._writing() as connection:
            return bool(connection.execute(this.values(_request_values(request))).rowcount)


def _request_values(request: AccessRequest) -> dict[str, Any]:
    return asdict(request) | {"status": request.status.value}


def _request_of(row: Row[Any]) -> AccessRequest:
    values = row._asdict()
    return AccessRequest(**values | {"status": RequestStatus(row.status)})
