"""Mail in the outbox, as the management API gives it: never with what is in a message."""

from __future__ import annotations

from typing import Literal

from sealstamp.resources.common import Moment, Paging, Told

Status = Literal["queued", "sent", "failed"]


class Mail(Told, frozen=True):
    """A message. ``about`` is the id of the invitation or access request that it tells of."""

    id: str
    kind: str
    recipient: str
    about: str
    status: Status
    created: Moment
    next_attempt: Moment | None
    attempts: int
    problem: str | None
    settled: Moment | None


class Mails(Told, frozen=True):
    """A page of messages."""

    items: list[Mail]
    next_cursor: str | None


class MailQuery(Paging, frozen=True):
    """Which messages."""

    status: Status | None = None
