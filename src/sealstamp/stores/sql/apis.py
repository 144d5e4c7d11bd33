"""The APIs that are guarded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from sealstamp.errors import NotFoundError
from sealstamp.keys.changes import Change, Kind
from sealstamp.keys.domain import Api
from sealstamp.stores.rows import api_of, api_values
from sealstamp.stores.sql.statements import put
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import apis


class ApiTables(Transactions):
    """Keeps APIs."""

    def list_apis(self, after: str = "", limit: int | None = None) -> Sequence[Api]:
        """Return APIs by name: all, or at most ``limit`` of those behind ``after``."""
        query = select(apis).where(apis.c.name > after).order_by(apis.c.name).limit(limit)
        with self._reading() as connection:
            return [api_of(row) for row in connection.execute(query)]

    def find_api(self, name: str) -> Api | None:
        """Return the API with exactly this name, or None."""
        with self._reading() as connection:
            row = connection.execute(select(apis).where(apis.c.name == name)).first()
            return None if row is None else api_of(row)

    def get_api(self, name: str) -> Api:
        """Return the API with exactly this name. Raises NotFoundError."""
        api = self.find_api(name)
        if api is None:
            raise _no_api(name)
        return api

    def put_api(self, api: Api) -> None:
        """Keep ``api``, in place of the one with its name."""
        with self._changing(Change(Kind.API, api.name)) as connection:
            put(connection, apis, apis.c.name == api.name, api_values(api))

    def delete_api(self, name: str) -> None:
        """Forget an API; keys lose it from theirs. Raises NotFoundError."""
        with self._changing(Change(Kind.API, name)) as connection:
            if not connection.execute(delete(apis).where(apis.c.name == name)).rowcount:
                raise _no_api(name)


def _no_api(name: str) -> NotFoundError:
    return NotFoundError(f"there is no API {name!r}")
