"""Mail that is to be sent: kept in the store with the change that it tells of, and sent after it.

So nothing is mailed for a change that was undone, and nothing is lost while the mail server is down. The values of a
message are sealed, for there is the token of an invitation among them; they are forgotten once the message is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError
from sealstamp.keys.sealing import Sealer

LEASE_MS: Final = 120_000
"""How long one sender has a message for itself; longer than sending may take."""
_FIRST_PAUSE_MS: Final = 30_000
_LONGEST_PAUSE_MS: Final = 3_600_000
LIFETIME_MS: Final = 3 * 86_400_000
"""After so long a message is given up, unless it says otherwise."""
_EXTRA: Final = "mail"  # keeps the seal of a message apart from that of an access key with the same id
_LONGEST_ADDRESS: Final = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" + rf"@{_LABEL}(?:\.{_LABEL})*"
)


class MailKind(StrEnum):
    """What a message is about, and so which template words it."""

    INVITATION = "invitation"
    REQUEST_DECLINED = "request-declined"
    REQUEST_RECEIVED = "request-received"
    """To the operators."""


MAIL_VALUES: Final[Mapping[MailKind, frozenset[str]]] = {
    MailKind.INVITATION: frozenset({"name", "consumer", "apis", "token", "expires"}),
    MailKind.REQUEST_DECLINED: frozenset({"name", "api", "reason"}),
    MailKind.REQUEST_RECEIVED: frozenset({"name", "email", "api", "purpose", "id"}),
}
"""The values that each kind of message comes with."""


class MailStatus(StrEnum):
    """How far a message is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Given up; it can be queued again by hand."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message in the outbox. Times are Unix milliseconds; ``about`` is the id of what it tells of.

    ``next_attempt_at_ms`` lies ahead while a sender is at work, so that no other takes the same message.
    """

    id: str
    kind: MailKind
    recipient: str
    about: str
    sealed_values: bytes = field(repr=False)
    created_at_ms: int
    next_attempt_at_ms: int
    deadline_ms: int
    attempts: int = 0
    status: MailStatus = MailStatus.QUEUED
    problem: str | None = None
    settled_at_ms: int | None = None

    def sent(self, now_ms: int) -> Mail:
        """Return the message as it is after it was handed over."""
        return replace(self, sealed_values=b"", status=MailStatus.SENT, settled_at_ms=now_ms, problem=None)

    def put_off(self, now_ms: int, problem: str) -> Mail:
        """Return the message after a failure that may pass: to be tried again, or given up at its deadline."""
        pause_ms = min(_FIRST_PAUSE_MS << min(self.attempts - 1, 20), _LONGEST_PAUSE_MS)
        if now_ms + pause_ms > self.deadline_ms:
            return self.given_up(now_ms, problem)
        return replace(self, next_attempt_at_ms=now_ms + pause_ms, problem=problem)

    def given_up(self, now_ms: int, problem: str) -> Mail:
        """Return the message after a failure that will not pass; its values stay, so that it can be queued again."""
        return replace(self, status=MailStatus.FAILED, settled_at_ms=now_ms, problem=problem)

    def queued_again(self, now_ms: int) -> Mail:
        """Return a message that was given up as one to be sent now."""
        return replace(
            self,
            status=MailStatus.QUEUED,
            attempts=0,
            next_attempt_at_ms=now_ms,
            deadline_ms=max(self.deadline_ms, now_ms + LIFETIME_MS),
            settled_at_ms=None,
        )


def seal_values(sealer: Sealer, mail_id: str, values: Mapping[str, str]) -> bytes:
    """Seal the values of a message."""
    return sealer.seal(mail_id, Secret(json.dumps(values)), _EXTRA)


def open_values(sealer: Sealer, mail: Mail) -> dict[str, str]:
    """Return the values of a message, secrets among them. Raises UnsealingError."""
    values: dict[str, str] = json.loads(sealer.open(mail.id, mail.sealed_values, _EXTRA).reveal())
    return values


def check_email(place: str, address: str) -> str:
    """Check a mail address: plain ASCII, no quotes, no comments, no line ends (so it cannot become a header)."""
    local, _, domain = address.rpartition("@")
    if len(address) <= _LONGEST_ADDRESS and len(local) <= 64 and len(domain) <= 253 and _ADDRESS.fullmatch(address):
        return address
    hint = "write it as name@example.com, an international domain in its xn-- form"
    raise ConfigurationError(place, "that is no mail address", hint)
