"""A real SMTP server on loopback that keeps what it is given, and can be told to refuse."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from tests.server.service import PATIENCE, free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its modules use is not ours to mend
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword


class _Controller(Controller):
    """Leaves no connection open when it ends."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.begun: list[Any] = []
        super().__init__(*given, **more)

    def factory(self) -> Any:
        self.begun.append(super().factory())
        return self.begun[-1]

    def hang_up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(PATIENCE)

    async def _hang_up(self) -> None:
        for connection in self.begun:
            for transport in (connection.transport, connection._original_transport):
                if transport is not None:
                    transport.abort()
        await asyncio.sleep(0)


class MailServer:
    """Takes mail while its block runs. ``refusals`` are the answers to the next messages, one each."""

    def __init__(self, *, user: tuple[str, str] | None = None, certificate: Path | None = None, **more: Any) -> None:
        self.messages: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.refusals: list[str] = []
        self.refused: list[EmailMessage] = []
        self.refused_recipients: dict[str, str] = {}
        self.port = free_port()
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            more["tls_context"] = context
        if user is not None:
            right = LoginPassword(*(part.encode() for part in user))
            more["authenticator"] = lambda *given: AuthResult(success=given[-1] == right, handled=False)
            more["auth_required"] = True
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port, **more)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.hang_up()
        self._controller.stop()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        if self.refusals:
            self.refused.append(message)
            return self.refusals.pop(0)
        self.raw.append(envelope.content)
        self.messages.append(message)
        return "250 OK"
