"""The outbox is sent: whole, once, later where it cannot be now, and with nothing of a token left in clear."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest

from sealstamp.keys.mail import Mail, MailKind, MailStatus, seal_values
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.server.mailing.sending import Mailer, Post, Tally
from sealstamp.server.mailing.smtp import Encryption, SmtpServer
from sealstamp.server.mailing.templates import load_templates
from sealstamp.stores.sql import SqlStore, open_store
from tests.server.mail_server import MailServer
from tests.server.service import free_port

TOKEN = "Zq7" * 14
VALUES = {"name": "Ada", "consumer": "acme", "apis": "shop", "token": TOKEN, "expires": "2027-01-31 12:00 UTC"}
SEALER = Sealer(SealingKey.of(b"k" * 32))
HOUR_MS = 3_600_000


class Heard:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __getattr__(self, level: str) -> Any:
        return lambda event, **facts: self.lines.append((level, event, facts))


class Office:
    """A store with an outbox, its mailer, and a clock."""

    def __init__(self, store: SqlStore, port: int) -> None:
        self.store, self.port, self.now, self.heard = store, port, 1_000, Heard()

    def write(self, mail_id: str = "mail-1", recipient: str = "ada@example.com", lifetime_ms: int = HOUR_MS) -> None:
        sealed = seal_values(SEALER, mail_id, VALUES)
        kind = MailKind.INVITATION
        self.store.add_mail(Mail(mail_id, kind, recipient, "inv-1", sealed, self.now, self.now, self.now + lifetime_ms))

    def send(self, sealer: Sealer = SEALER) -> Tally:
        server = SmtpServer(Encryption.NONE, "127.0.0.1", self.port)
        post = Post(server, Address("Shop", "keys", "shop.example"), load_templates(), "https://api.shop.example")
        return asyncio.run(Mailer(post, self.store, sealer, self.heard, lambda: self.now).send_due())

    def mail(self, mail_id: str = "mail-1") -> Mail:
        return self.store.get_mail(mail_id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = open_store(f"sqlite:///{tmp_path}/keys.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def office(store: SqlStore, mail_server: MailServer) -> Office:
    mail_server.messages.clear()
    return Office(store, mail_server.port)


def test_what_is_due_is_sent_once(office: Office, mail_server: MailServer) -> None:
    office.write("mail-1")
    office.write("mail-2", "bob@example.com")
    assert office.send() == Tally(sent=2)
    assert office.send() == Tally()
    assert [message["To"] for message in mail_server.messages] == ["ada@example.com", "bob@example.com"]
    assert TOKEN in mail_server.messages[0].get_content()
    assert office.mail().status is MailStatus.SENT


def test_nothing_is_lost_while_the_server_is_down(store: SqlStore) -> None:
    office = Office(store, free_port())
    office.write()
    assert office.send() == Tally(put_off=1)
    assert (office.mail().problem or "").startswith("the mail server cannot be used")
    assert office.send() == Tally()  # not before the pause is over
    office.now = office.mail().next_attempt_at_ms
    with MailServer() as server:
        office.port = server.port
        assert office.send() == Tally(sent=1)
        assert len(server.messages) == 1
    assert (office.mail().attempts, office.mail().problem) == (2, None)


def test_refusals_that_pass_and_that_do_not(office: Office, mail_server: MailServer) -> None:
    mail_server.refused_recipients["bob@example.com"] = "550 no such user"
    mail_server.refusals.append("451 busy")
    office.write("mail-1")
    office.write("mail-2", "bob@example.com")
    assert office.send() == Tally(put_off=1, failed=1)
    assert office.mail("mail-2").status is MailStatus.FAILED
    assert office.mail("mail-2").problem == "the recipient was refused (550)"
    office.now += 30_000
    assert office.send() == Tally(sent=1)


def test_deadline_that_passed(office: Office, mail_server: MailServer) -> None:
    office.write(lifetime_ms=1_000)
    office.now += 1_000
    assert office.send() == Tally(failed=1)
    assert mail_server.messages == []
    assert office.mail().problem == "its time was over before it could be sent"


def test_sender_that_died_leaves_its_message_to_the_next(office: Office) -> None:
    office.write()
    assert office.store.lease_mail(office.now, office.now + 120_000) is not None
    assert office.send() == Tally()
    office.now += 120_000
    assert office.send() == Tally(sent=1)


def test_another_sealing_key_loses_nothing(office: Office, mail_server: MailServer) -> None:
    office.write()
    assert office.send(Sealer(SealingKey.of(b"x" * 32))) == Tally(put_off=1)
    assert "sealing key" in (office.mail().problem or "")
    office.now += 30_000
    assert office.send() == Tally(sent=1)


def test_token_is_nowhere_in_clear(office: Office, tmp_path: Path) -> None:
    """Neither in the database and its write-ahead log, before and after, nor in what is logged."""
    office.write()
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.iterdir())
    office.send()
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert TOKEN not in repr(office.heard.lines) + repr(office.mail())
    assert "ada@example.com" not in json.dumps(office.heard.lines)
    assert office.mail().sealed_values == b""
