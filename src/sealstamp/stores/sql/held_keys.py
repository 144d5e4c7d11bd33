"""Access keys as a door reads them: each with those who hold it, and the plans that any of them is on.

A key that is new to a process is read by two statements, made once. An id that no key has is answered by the same two,
about the first key of all: whoever measures time cannot tell strangers from keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, Text, bindparam, func, select

from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.in_force import HeldKey
from sealstamp.keys.plans import Plan
from sealstamp.keys.rules import is_access_key_id
from sealstamp.stores.pair_tables import plans
from sealstamp.stores.rows import access_key_of
from sealstamp.stores.sql.access_keys import key_query, keys_of
from sealstamp.stores.sql.consumers import LINE, line_of
from sealstamp.stores.sql.plans import plan_of
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import access_key_apis, access_key_extras, access_keys, consumers, public_access_keys

_BETWEEN_APIS: Final = "\n"  # in no name
_OF_PLAN: Final = "plan_"


class HeldKeyTables(Transactions):
    """Finds what a door has to know of keys."""

    def find_held_key(self, access_key_id: str) -> HeldKey | None:
        """Return the key with exactly this id, or None after as much work."""
        if not is_access_key_id(access_key_id):  # ids come from the network, and some texts no database takes
            return None
        with self._reading() as connection:
            rows = connection.execute(_KEY, {"id": access_key_id}).all()
            if not rows:  # there is no key at all
                return None
            held = _held(connection, _key_in(rows), _plans_in(rows))
        return held if held.key.id == access_key_id else None

    def list_candidates(self, api: str, limit: int) -> Sequence[HeldKey]:
        """Return at most ``limit`` keys for an API, by id, those that are active before the others."""
        is_active = access_keys.c.status == KeyStatus.ACTIVE
        query = key_query(api)
        with self._reading() as connection:
            rows = list(connection.execute(query.where(is_active).limit(limit)))
            rows += connection.execute(query.where(~is_active).limit(limit - len(rows)))
            known = {row.name: plan_of(row) for row in connection.execute(_plans_named({row.plan for row in rows}))}
            return [_held(connection, key, _own_plan(key, known)) for key in keys_of(connection, rows)]


def _held(connection: Connection, key: AccessKey, own: dict[str, Plan]) -> HeldKey:
    rows = connection.execute(_LINE, {"consumer": key.consumer}).all()
    held = HeldKey(key, line_of(key.consumer, rows), {**own, **_plans_in(rows)})
    return held if key.issuer is None else _measured(connection, held, key.issuer)


def _measured(connection: Connection, held: HeldKey, issuer: str) -> HeldKey:
    """Add the keys that a sub key is measured by, with their plans."""
    query = key_query(consumer=issuer).where(access_keys.c.status == KeyStatus.ACTIVE, access_keys.c.issuer.is_(None))
    keys = keys_of(connection, connection.execute(query).all())
    named = {one.plan for one in keys} - held.plans.keys()
    theirs = {row.name: plan_of(row) for row in connection.execute(_plans_named(named))}
    return replace(held, plans={**held.plans, **theirs}, issuer_keys=keys)


def _key_in(rows: Sequence[Row[Any]]) -> AccessKey:
    """Make a key of its rows, of which there is one for each further secret."""
    row = rows[0]
    extras = {each.extra: bytes(each.sealed_extra) for each in rows if each.extra is not None}
    apis = row.apis.split(_BETWEEN_APIS) if row.apis else ()
    return access_key_of(row, apis, extras, is_public=row.public_id is not None)


def _plans_in(rows: Iterable[Row[Any]]) -> dict[str, Plan]:
    return {row.plan_name: plan_of(row, _OF_PLAN) for row in rows if row.plan_name is not None}


def _own_plan(key: AccessKey, known: dict[str, Plan]) -> dict[str, Plan]:
    return {key.plan: known[key.plan]} if key.plan in known else {}


def _plans_named(names: set[str | None]) -> Select[Any]:
    return select(plans).where(plans.c.name.in_(name for name in names if name is not None))


def _with_plan(query: Select[Any], table: Table) -> Select[Any]:
    """Have ``query`` select the plan that ``table``'s rows are on, too."""
    columns = [column.label(_OF_PLAN + column.name) for column in plans.c]
    return query.add_columns(*columns).outerjoin(plans, plans.c.name == table.c.plan)


def _one_key() -> Select[Any]:
    """Select the key with ``id``, or else the first of all; once for each of its further secrets."""
    this, first = access_keys.alias("this"), access_keys.alias("first")
    found = select(this.c.id).where(this.c.id == bindparam("id", type_=Text)).scalar_subquery()
    instead = select(func.min(first.c.id)).scalar_subquery()
    mine = access_key_apis.c.access_key_id == access_keys.c.id
    names = select(func.aggregate_strings(access_key_apis.c.api, _BETWEEN_APIS)).where(mine).scalar_subquery()
    extra = (access_key_extras.c.name.label("extra"), access_key_extras.c.sealed.label("sealed_extra"))
    return (
        select(access_keys, names.label("apis"), public_access_keys.c.access_key_id.label("public_id"), *extra)
        .outerjoin(public_access_keys, public_access_keys.c.access_key_id == access_keys.c.id)
        .outerjoin(access_key_extras, access_key_extras.c.access_key_id == access_keys.c.id)
        .where(access_keys.c.id == func.coalesce(found, instead))
    )


_KEY: Final = _with_plan(_one_key(), access_keys)
_LINE: Final = _with_plan(LINE, consumers)
