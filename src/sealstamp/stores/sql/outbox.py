"""Mail that is to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from sealstamp.errors import NotFoundError
from sealstamp.keys.mail import Mail, MailKind, MailStatus
from sealstamp.stores.pair_tables import outbox
from sealstamp.stores.sql.statements import exists
from sealstamp.stores.sql.unit import Transactions


class OutboxTables(Transactions):
    """Keeps mail from the act that it tells of until it is sent, and for a while afterwards."""

    def add_mail(self, mail: Mail) -> None:
        """Keep a new message."""
        with self._writing() as connection:
            connection.execute(insert(outbox).values(_mail_values(mail)))

    def list_mail(self, *, status: MailStatus | None = None, after: str = "", limit: int = 1_000) -> Sequence[Mail]:
        """Return messages by id, which is by age: at most ``limit`` of those after the id ``after``."""
        query = select(outbox).where(outbox.c.id > after).order_by(outbox.c.id).limit(limit)
        if status is not None:
            query = query.where(outbox.c.status == status)
        with self._reading() as connection:
            return [_mail_of(row) for row in connection.execute(query)]

    def get_mail(self, mail_id: str) -> Mail:
        """Return the message with exactly this id. Raises NotFoundError."""
        with self._reading() as connection:
            row = connection.execute(select(outbox).where(outbox.c.id == mail_id)).first()
            if row is None:
                raise NotFoundError(f"there is no mail {mail_id!r}")
            return _mail_of(row)

    def lease_mail(self, now_ms: int, until_ms: int) -> Mail | None:
        """Take the next message that is due, so that until ``until_ms`` nobody else takes it; None where none is.

        A sender that dies leaves the message to the next one after that time.
        """
        due = select(outbox).where(outbox.c.status == MailStatus.QUEUED, outbox.c.next_attempt_at_ms <= now_ms)
        with self._reading() as connection:  # most looks find nothing, and need no lock
            if connection.execute(due.limit(1)).first() is None:
                return None
        with self._writing() as connection:
            row = connection.execute(due.order_by(outbox.c.next_attempt_at_ms, outbox.c.id).limit(1)).first()
            if row is None:
                return None
            this = (outbox.c.id == row.id, outbox.c.status == row.status, outbox.c.attempts == row.attempts)
            changes = {"next_attempt_at_ms": until_ms, "attempts": row.attempts + 1}
            if not connection.execute(update(outbox).where(*this).values(changes)).rowcount:
                return None
            return _mail_of(connection.execute(select(outbox).where(outbox.c.id == row.id)).one())

    def update_mail(self, mail: Mail) -> bool:
        """Keep ``mail`` in place of the one with its id; tell whether there still was one.

        Its values are forgotten or stay as they are: while a sender is at work, they may be sealed anew.
        """
        values = _mail_values(mail)
        if mail.sealed_values:
            del values["sealed_values"]
        with self._writing() as connection:
            return bool(connection.execute(update(outbox).where(outbox.c.id == mail.id).values(values)).rowcount)

    def seal_mail_anew(self, mail_id: str, sealed_values: bytes) -> None:
        """Keep the sealed values of a message in place of those before; a message without any has been sent."""
        this = update(outbox).where(outbox.c.id == mail_id, outbox.c.sealed_values != b"")
        with self._writing() as connection:
            connection.execute(this.values(sealed_values=sealed_values))

    def drop_mail(self, about: str) -> int:
        """Forget what is not sent yet about an id, and return how many messages that were."""
        these = delete(outbox).where(outbox.c.about == about, outbox.c.status != MailStatus.SENT)
        with self._writing() as connection:
            return connection.execute(these).rowcount

    def forget_mail(self, before_ms: int) -> int:
        """Forget what was settled before a time, and return how many messages that were."""
        with self._reading() as connection:
            if not exists(connection, outbox.c.settled_at_ms < before_ms):
                return 0
        with self._writing() as connection:
            return connection.execute(delete(outbox).where(outbox.c.settled_at_ms < before_ms)).rowcount


def _mail_values(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "kind": mail.kind.value,
        "recipient": mail.recipient,
        "about": mail.about,
        "sealed_values": mail.sealed_values,
        "created_at_ms": mail.created_at_ms,
        "next_attempt_at_ms": mail.next_attempt_at_ms,
        "deadline_ms": mail.deadline_ms,
        "attempts": mail.attempts,
        "status": mail.status.value,
        "problem": mail.problem,
        "settled_at_ms": mail.settled_at_ms,
    }


def _mail_of(row: Row[Any]) -> Mail:
    return Mail(
        id=row.id,
        kind=MailKind(row.kind),
        recipient=row.recipient,
        about=row.about,
        sealed_values=bytes(row.sealed_values),
        created_at_ms=row.created_at_ms,
        next_attempt_at_ms=row.next_attempt_at_ms,
        deadline_ms=row.deadline_ms,
        attempts=row.attempts,
        status=MailStatus(row.status),
        problem=row.problem,
        settled_at_ms=row.settled_at_ms,
    )
