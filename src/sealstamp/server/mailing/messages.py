"""A message as it travels: headers and text, built so that no value can become a header of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.mail import Mail, MailKind, check_email
from sealstamp.server.mailing.templates import MailTemplate

CLAIM_PATH: Final = "/v1/invitations/claim"


def parse_mailbox(text: str) -> Address:
    """Read ``name@example.com`` or ``Name <name@example.com>``. Raises ValueError."""
    try:
        (mailbox,) = SMTP.header_factory("From", text if text.isprintable() else "").addresses
        check_email("address", mailbox.addr_spec)
    except (ValueError, IndexError, AttributeError, ConfigurationError):
        raise ValueError("not a mail address, such as Name <name@example.com>") from None
    found: Address = mailbox
    return found


def write_message(
    mail: Mail, values: Mapping[str, str], template: MailTemplate, *, sender: Address, public_url: str, now_ms: int
) -> EmailMessage:
    """Return the message, worded by ``template``. Its id is the same at each attempt, so that a double can be told.

    ``public_url`` is the origin at which the receiver reaches the service. ``now_ms`` is in Unix milliseconds.
    """
    subject, body = template.fill({**values, **_made_values(mail.kind, values, public_url)})
    message = EmailMessage(SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(now_ms // 1000, UTC))
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notice comes back
    message.set_content(body)
    return message


def _made_values(kind: MailKind, values: Mapping[str, str], public_url: str) -> dict[str, str]:
    if kind is not MailKind.INVITATION:
        return {}
    claim_url = public_url.rstrip("/") + CLAIM_PATH
    # After the # a token stays in the browser: no server's or proxy's log has it.
    return {"claim_url": claim_url, "link": f"{claim_url}#{values['token']}"}
