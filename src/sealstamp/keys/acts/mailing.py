"""Putting mail into the outbox, in the transaction of the act that it tells of."""

from __future__ import annotations

from collections.abc import Mapping

from sealstamp.errors import KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.ids import new_id
from sealstamp.keys.mail import LIFETIME_MS, Mail, MailKind, MailStatus, seal_values


def enqueue(
    act: Act, kind: MailKind, recipient: str, about: str, values: Mapping[str, str], deadline_ms: int | None = None
) -> Mail:
    """Have a message sent once the transaction is kept; after ``deadline_ms`` (Unix milliseconds) it is of no use."""
    mail_id = new_id("mail", act)
    until_ms = act.now_ms + LIFETIME_MS
    mail = Mail(
        id=mail_id,
        kind=kind,
        recipient=recipient,
        about=about,
        sealed_values=seal_values(act.sealer, mail_id, values),
        created_at_ms=act.now_ms,
        next_attempt_at_ms=act.now_ms,
        deadline_ms=until_ms if deadline_ms is None else min(until_ms, deadline_ms),
    )
    act.store.add_mail(mail)
    return mail


def retry(act: Act, mail_id: str) -> Mail:
    """Queue a message again that was given up. Raises NotFoundError, KeyStateError for one that was not."""
    with act.store.transaction():
        before = act.store.get_mail(mail_id)
        if before.status is not MailStatus.FAILED:
            raise KeyStateError(f"mail {mail_id!r} is {before.status}; only one that has failed can be queued again")
        after = before.queued_again(act.now_ms)
        act.store.update_mail(after)
        act.record("mail.retry", mail_id, {"status": before.status}, {"status": after.status})
    return after
