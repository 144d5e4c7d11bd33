"""Access keys, with the APIs that they are for and their further secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, delete, insert, select, update

from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.changes import Change, Kind
from sealstamp.keys.domain import AccessKey, KeyMaterial
from sealstamp.keys.rules import is_access_key_id
from sealstamp.stores.rows import access_key_of, access_key_values
from sealstamp.stores.sql.plans import check_plan
from sealstamp.stores.sql.statements import exists
from sealstamp.stores.sql.sub_keys import measured_by
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import (
    access_key_apis,
    access_key_extras,
    access_keys,
    apis,
    consumers,
    public_access_keys,
)

_PAGE: Final = 1_000


class AccessKeyTables(Transactions):
    """Keeps access keys."""

    def find_access_key(self, access_key_id: str) -> AccessKey | None:
        """Return the key with exactly this id, or None."""
        if not is_access_key_id(access_key_id):  # ids come from the network, and some texts no database takes
            return None
        query = select(access_keys).where(access_keys.c.id == access_key_id)
        with self._reading() as connection:
            found = keys_of(connection, connection.execute(query).all())
        return found[0] if found else None

    def get_access_key(self, access_key_id: str) -> AccessKey:
        """Return the key with exactly this id. Raises NotFoundError."""
        key = self.find_access_key(access_key_id)
        if key is None:
            raise _no_access_key(access_key_id)
        return key

    def list_access_keys(
        self,
        *,
        api: str | None = None,
        consumer: str | None = None,
        issuer: str | None = None,
        after: str = "",
        page: int = _PAGE,
    ) -> Iterator[AccessKey]:
        """Yield keys by id: all behind ``after``, or those for one API, of one consumer, or that one has issued.

        ``page`` keys are read by pages, so outside a transaction a change may come in between two of them.
        """
        query = key_query(api, consumer, issuer).limit(page)
        last = after
        while True:
            with self._reading() as connection:
                found = keys_of(connection, connection.execute(query.where(access_keys.c.id > last)).all())
            yield from found
            if len(found) < page:
                return
            last = found[-1].id

    def apis_of_access_keys(self, access_key_ids: Collection[str]) -> set[str]:
        """Return the names of the APIs that any of these keys is for."""
        with self._reading() as connection:
            return {row.api for row in connection.execute(_of(access_key_apis, access_key_ids))}

    def add_access_key(self, key: AccessKey) -> None:
        """Keep a new key. Raises KeyStateError when the id is taken, NotFoundError for its consumer or APIs."""
        with self._changing(Change(Kind.ACCESS_KEY, key.id)) as connection:
            if exists(connection, access_keys.c.id == key.id):
                raise KeyStateError(f"the access key id {key.id!r} is taken")
            _check_references(connection, key)
            connection.execute(insert(access_keys).values(access_key_values(key)))
            _link(connection, key)
            self._changed(*measured_by(connection, key.id))

    def update_access_key(self, key: AccessKey) -> None:
        """Keep ``key`` in place of the one with its id. Raises NotFoundError, also for its consumer or APIs."""
        this = access_keys.c.id == key.id
        with self._changing(Change(Kind.ACCESS_KEY, key.id)) as connection:
            _check_references(connection, key)
            self._changed(*measured_by(connection, key.id))
            if not connection.execute(update(access_keys).where(this).values(access_key_values(key))).rowcount:
                raise _no_access_key(key.id)
            for table in (access_key_apis, access_key_extras, public_access_keys):
                connection.execute(delete(table).where(table.c.access_key_id == key.id))
            _link(connection, key)
            self._changed(*measured_by(connection, key.id))  # of another holder, it may be

    def delete_access_key(self, access_key_id: str) -> None:
        """Forget a key. Raises NotFoundError."""
        with self._changing(Change(Kind.ACCESS_KEY, access_key_id)) as connection:
            self._changed(*measured_by(connection, access_key_id))
            if not connection.execute(delete(access_keys).where(access_keys.c.id == access_key_id)).rowcount:
                raise _no_access_key(access_key_id)


def _no_access_key(access_key_id: str) -> NotFoundError:
    return NotFoundError(f"there is no access key {access_key_id!r}")


def _check_references(connection: Connection, key: AccessKey) -> None:
    """Raise NotFoundError for the key's consumer, its plan, or an API of its."""
    if connection.scalar(select(consumers.c.name).where(consumers.c.name == key.consumer)) is None:
        raise NotFoundError(f"there is no consumer {key.consumer!r}")
    known = set(connection.scalars(select(apis.c.name).where(apis.c.name.in_(key.apis))))
    for name in key.apis:
        if name not in known:
            raise NotFoundError(f"there is no API {name!r}")
    check_plan(connection, key.plan)


def _link(connection: Connection, key: AccessKey) -> None:
    """Write the rows that belong to a key's own."""
    links = [{"access_key_id": key.id, "api": name} for name in dict.fromkeys(key.apis)]
    if links:
        connection.execute(insert(access_key_apis), links)
    extras = [{"access_key_id": key.id, "name": name, "sealed": sealed} for name, sealed in key.sealed_extras.items()]
    if extras:
        connection.execute(insert(access_key_extras), extras)
    if key.material is KeyMaterial.PUBLIC_KEY:
        connection.execute(insert(public_access_keys).values(access_key_id=key.id))


def key_query(api: str | None = None, consumer: str | None = None, issuer: str | None = None) -> Select[Any]:
    """Select keys by id."""
    query = select(access_keys).order_by(access_keys.c.id)
    if issuer is not None:
        query = query.where(access_keys.c.issuer == issuer)
    if consumer is not None:
        query = query.where(access_keys.c.consumer == consumer)
    if api is not None:
        of_api = select(access_key_apis.c.access_key_id).where(access_key_apis.c.api == api)
        query = query.where(access_keys.c.id.in_(of_api))
    return query


def keys_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[AccessKey]:
    """Make keys of their rows, with their APIs and further secrets."""
    if not rows:
        return []
    named: dict[str, list[str]] = {row.id: [] for row in rows}
    extras: dict[str, dict[str, bytes]] = {row.id: {} for row in rows}
    for row in connection.execute(_of(access_key_apis, named)):
        named[row.access_key_id].append(row.api)
    for row in connection.execute(_of(access_key_extras, named)):
        extras[row.access_key_id][row.name] = bytes(row.sealed)
    public = {row.access_key_id for row in connection.execute(_of(public_access_keys, named))}
    return [access_key_of(row, named[row.id], extras[row.id], is_public=row.id in public) for row in rows]


def _of(table: Table, access_key_ids: Iterable[str]) -> Select[Any]:
    """Select the rows of ``table`` that belong to these keys."""
    return select(table).where(table.c.access_key_id.in_(access_key_ids))
