"""Handing a message to an SMTP server, and telling a failure that may pass from one that will not."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from sealstamp.errors import ConfigurationError, SealstampError

TIMEOUT_S: Final = 30.0
_HOW_TO_WRITE: Final = "write smtps://user:password@host, smtp+starttls://user:password@host or smtp://host"


class Encryption(Enum):
    """How the connection is protected."""

    TLS = "smtps"
    """From its beginning."""
    STARTTLS = "smtp+starttls"
    """After a greeting in clear; a server that does not offer it gets no message."""
    NONE = "smtp"


_PORTS: Final = {Encryption.TLS: 465, Encryption.STARTTLS: 587, Encryption.NONE: 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where messages are handed over. ``user`` is None where the server asks for nobody."""

    encryption: Encryption
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class MailError(SealstampError):
    """A message was not taken. ``is_final`` tells that it never will be."""

    def __init__(self, problem: str, *, is_final: bool) -> None:
        super().__init__(problem)
        self.is_final = is_final


def parse_smtp_url(text: str) -> SmtpServer:
    """Read ``smtps://``, ``smtp+starttls://`` or ``smtp://``. Raises ValueError, which never shows the text."""
    try:
        parts = urlsplit(text)
        encryption, port = Encryption(parts.scheme), parts.port
    except ValueError:
        raise ValueError(f"not the URL of an SMTP server; {_HOW_TO_WRITE}") from None
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or port == 0:
        raise ValueError(f"not the URL of an SMTP server and of nothing else; {_HOW_TO_WRITE}")
    user, password = _user_of(parts)
    if password is not None and encryption is Encryption.NONE and not _is_loopback(parts.hostname):
        raise ValueError("smtp:// would send the password in clear; write smtps:// or smtp+starttls://")
    return SmtpServer(encryption, parts.hostname, port or _PORTS[encryption], user, password)


def _user_of(parts: SplitResult) -> tuple[str | None, str | None]:
    if not parts.username or parts.password is None:
        if parts.username or parts.password:
            raise ValueError(f"a user comes with a password; {_HOW_TO_WRITE}")
        return None, None
    return unquote(parts.username), unquote(parts.password)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_available() -> None:
    """Raise ConfigurationError unless the library that speaks SMTP is installed."""
    try:
        import aiosmtplib  # noqa: F401
    except ImportError:
        problem = "to send mail, aiosmtplib is needed, which is not installed"
        raise ConfigurationError("setting smtp_url", problem, "pip install 'sealstamp[mail]'") from None


async def hand_over(server: SmtpServer, message: EmailMessage) -> None:
    """Give the message to the server, whose certificate must be right. Raises MailError."""
    import aiosmtplib

    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.encryption is Encryption.TLS,
        start_tls=server.encryption is Encryption.STARTTLS,
        timeout=TIMEOUT_S,
    )
    transport = None
    try:
        async with client:
            transport = client.transport
            await client.send_message(message)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _told(error) from None
    finally:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()  # the farewell of TLS, which some servers never answer, is not waited for


def _told(error: Exception) -> MailError:
    """Say what failed by its kind and code alone: what a server answers may repeat anything."""
    import aiosmtplib

    kind = type(error).__name__
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in error.recipients]
        return MailError(f"the recipient was refused ({codes[0]})", is_final=all(code >= 500 for code in codes))
    if isinstance(error, aiosmtplib.SMTPDataError):
        return MailError(f"the message was refused ({error.code})", is_final=error.code >= 500)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return MailError(f"the mail server refused ({kind} {error.code})", is_final=False)
    if isinstance(error, ValueError) and not isinstance(error, OSError):  # a wrong certificate is both
        return MailError(f"the message cannot be sent ({kind})", is_final=True)
    return MailError(f"the mail server cannot be used ({kind})", is_final=False)
