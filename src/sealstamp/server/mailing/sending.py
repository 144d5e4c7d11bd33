"""Sends what the outbox holds.

A message may arrive twice, after a crash between sending it and noting that. It is never taken for sent if it was not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Final

from sealstamp.errors import SealstampError
from sealstamp.keys.mail import LEASE_MS, Mail, MailKind, MailStatus, open_values
from sealstamp.keys.pair_ports import Outbox
from sealstamp.keys.sealing import Sealer, UnsealingError
from sealstamp.server.logs import Log
from sealstamp.server.mailing.messages import write_message
from sealstamp.server.mailing.smtp import MailError, SmtpServer, hand_over
from sealstamp.server.mailing.templates import MailTemplate

KEPT_MS: Final = 30 * 86_400_000
"""How long it can be looked up what became of a message."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mail is sent: the server, who it is from, the texts, and the origin that links lead to."""

    server: SmtpServer
    sender: Address
    templates: Mapping[MailKind, MailTemplate]
    public_url: str


@dataclass(slots=True)
class Tally:
    """What became of the messages of one round."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0


class Mailer:
    """Sends mail from the outbox of a store. ``now_ms`` is the wall clock in Unix milliseconds."""

    def __init__(self, post: Post, store: Outbox, sealer: Sealer, log: Log, now_ms: Callable[[], int]) -> None:
        self._post = post
        self._store = store
        self._sealer = sealer
        self._log = log
        self._now_ms = now_ms

    async def send_due(self) -> Tally:
        """Send every message that is due, one after the other. Raises StoreUnavailableError."""
        tally = Tally()
        while True:
            now_ms = self._now_ms()
            mail = await asyncio.to_thread(self._store.lease_mail, now_ms, now_ms + LEASE_MS)
            if mail is None:
                return tally
            settled = await self._send(mail)
            await asyncio.to_thread(self._store.update_mail, settled)
            self._tell(settled, tally)

    async def keep_sending(self, interval_ms: int) -> None:
        """Send for ever what becomes due; a failure is logged, and tried again."""
        while True:
            try:
                await self.send_due()
                await asyncio.to_thread(self._store.forget_mail, self._now_ms() - KEPT_MS)
            except SealstampError as error:
                self._log.error("mail_not_sent", problem=str(error))
            await asyncio.sleep(interval_ms / 1000)

    async def _send(self, mail: Mail) -> Mail:
        """Try to send a message, and return it as it is then."""
        if self._now_ms() >= mail.deadline_ms:
            return mail.given_up(self._now_ms(), mail.problem or "its time was over before it could be sent")
        try:
            values = open_values(self._sealer, mail)
            message = write_message(
                mail,
                values,
                self._post.templates[mail.kind],
                sender=self._post.sender,
                public_url=self._post.public_url,
                now_ms=self._now_ms(),
            )
            await hand_over(self._post.server, message)
        except MailError as error:
            if error.is_final:
                return mail.given_up(self._now_ms(), str(error))
            return mail.put_off(self._now_ms(), str(error))
        except UnsealingError:
            return mail.put_off(self._now_ms(), "its values cannot be opened: the sealing key is another")
        return mail.sent(self._now_ms())

    def _tell(self, mail: Mail, tally: Tally) -> None:
        facts = {"mail": mail.id, "kind": mail.kind, "attempts": mail.attempts}
        if mail.status is MailStatus.SENT:
            tally.sent += 1
            self._log.info("mail_sent", **facts)
        elif mail.status is MailStatus.QUEUED:
            tally.put_off += 1
            self._log.warning("mail_put_off", problem=mail.problem, **facts)
        else:
            tally.failed += 1
            self._log.error("mail_failed", problem=mail.problem, **facts)
