"""The audit's entries, and its head."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, update

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.audit import AuditEntry, AuditHead, AuditQuery, Document
from sealstamp.stores.sql.unit import Transactions
from sealstamp.stores.tables import audit_entries, audit_heads


class AuditTables(Transactions):
    """Keeps audit entries."""

    def find_audit_head(self) -> AuditHead:
        """Return the number and hash of the newest entry."""
        with self._reading() as connection:
            return _head(connection, select(audit_heads))

    def lock_audit_head(self) -> AuditHead:
        """Return the newest entry's number and hash, and let nobody else append until the transaction's end."""
        with self._writing() as connection:
            return _head(connection, select(audit_heads).with_for_update())

    def add_audit_entry(self, entry: AuditEntry) -> None:
        """Keep an entry, and make it the head. The head must have been locked."""
        documents = {name: _written(getattr(entry, name)) for name in ("before", "after")}
        with self._writing() as connection:
            connection.execute(insert(audit_entries).values({**entry.document(), **documents}))
            connection.execute(update(audit_heads).values(number=entry.number, hash=entry.hash))

    def list_audit_entries(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return the entries that are sought, by number. One whose documents cannot be read has other documents."""
        number = audit_entries.c.number
        order = number.desc() if query.newest_first else number
        sought = select(audit_entries).where(*_conditions(query)).order_by(order).limit(query.limit)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(sought)]


def _head(connection: Connection, query: Select[Any]) -> AuditHead:
    row = connection.execute(query).first()
    if row is None:
        raise StoreUnavailableError("the database is damaged: its audit has no head")
    return AuditHead(row.number, row.hash)


def _conditions(query: AuditQuery) -> Iterator[ColumnElement[bool]]:
    column = audit_entries.c
    for name in ("actor", "subject", "request_id"):
        if (wanted := getattr(query, name)) is not None:
            yield column[name] == wanted
    if query.act is not None:
        yield (column.act == query.act) | column.act.startswith(f"{query.act}.", autoescape=True)
    if query.since_ms is not None:
        yield column.at_ms >= query.since_ms
    if query.until_ms is not None:
        yield column.at_ms < query.until_ms
    if query.above is not None:
        yield column.number > query.above
    if query.below is not None:
        yield column.number < query.below


def _written(document: Document | None) -> str | None:
    return None if document is None else json.dumps(document, ensure_ascii=False)


def _read(text: str | None) -> Document | None:
    if text is None:
        return None
    try:
        document = json.loads(text)
    except (TypeError, ValueError):
        document = None
    return document if isinstance(document, dict) else {"unreadable": str(text)}


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at_ms=row.at_ms,
        actor=row.actor,
        act=row.act,
        subject=row.subject,
        request_id=row.request_id,
        before=_read(row.before),
        after=_read(row.after),
        previous=row.previous,
        hash=row.hash,
    )
