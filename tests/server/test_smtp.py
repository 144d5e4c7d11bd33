"""Messages through a real SMTP server: encrypted or not, taken, put off and refused."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest

from sealstamp.keys.mail import Mail, MailKind
from sealstamp.server.mailing.messages import parse_mailbox, write_message
from sealstamp.server.mailing.smtp import Encryption, MailError, SmtpServer, hand_over, parse_smtp_url
from sealstamp.server.mailing.templates import load_templates
from tests.server.mail_server import MailServer
from tests.server.service import free_port

TOKEN = "t" * 43
MAIL = Mail("m1", MailKind.INVITATION, "ada@example.com", "i1", b"", 0, 0, 10**13)
VALUES = {"name": "Ada", "consumer": "acme", "apis": "shop", "token": TOKEN, "expires": "2027-01-31 12:00 UTC"}
SENDER = Address("Shop", "keys", "shop.example")


def message(mail: Mail = MAIL, **values: str) -> EmailMessage:
    template = load_templates()[mail.kind]
    return write_message(
        mail, VALUES | values, template, sender=SENDER, public_url="https://api.shop.example", now_ms=1_800_000_000_123
    )


def send(server: SmtpServer, what: EmailMessage | None = None) -> None:
    asyncio.run(hand_over(server, what or message()))


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def test_message_arrives_as_it_was_written(mail_server: MailServer) -> None:
    send(parse_smtp_url(mail_server.url))
    got = mail_server.messages[-1]
    assert (got["From"], got["To"], got["Subject"]) == (
        "Shop <keys@shop.example>",
        "ada@example.com",
        "Your access key for shop",
    )
    assert (got["Message-ID"], got["Auto-Submitted"]) == ("<m1@shop.example>", "auto-generated")
    assert got["Date"].datetime == dt.datetime.fromtimestamp(1_800_000_000, dt.UTC)
    assert f"https://api.shop.example/v1/invitations/claim#{TOKEN}" in got.get_content().split()


def test_text_of_any_language_and_dots_alone(mail_server: MailServer) -> None:
    declined = replace(MAIL, kind=MailKind.REQUEST_DECLINED)
    values = {"name": "Åsa 李", "api": "bücher", "reason": "nein\n.\nwirklich, " + "sehr " * 300}
    send(parse_smtp_url(mail_server.url), message(declined, **values))
    got = mail_server.messages[-1]
    assert got["Subject"] == "Your request for access to bücher"
    assert values["reason"].strip() in got.get_content().replace("\r\n", "\n")
    assert "Åsa 李" in got.get_content()
    assert max(map(len, mail_server.raw[-1].split(b"\r\n"))) <= 998


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\r\n ", "\x0b", "\x85", "\u2028"])
def test_no_value_becomes_a_header(mail_server: MailServer, break_: str) -> None:
    """A name with line ends in it stays within the subject."""
    send(parse_smtp_url(mail_server.url), message(apis=f"shop{break_}Bcc: eve@example.com"))
    got = mail_server.messages[-1]
    assert got["Bcc"] is None
    assert got["Subject"] == "Your access key for shop Bcc: eve@example.com"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # it is right to warn of passwords in clear
def test_signing_in(mail_server: MailServer) -> None:
    with MailServer(user=("keys@shop", "p@ss/word"), auth_require_tls=False) as server:
        send(parse_smtp_url(f"smtp://keys%40shop:p%40ss%2Fword@127.0.0.1:{server.port}"))
        assert len(server.messages) == 1
        with pytest.raises(MailError, match=r"refused \(SMTPAuthenticationError 535\)") as caught:
            send(parse_smtp_url(f"smtp://keys%40shop:wrong@127.0.0.1:{server.port}"))
        assert not caught.value.is_final
        assert len(server.messages) == 1


def test_encryption_that_the_server_must_offer(
    mail_server: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(mail_server.messages)
    with pytest.raises(MailError, match="SMTPException"):
        send(SmtpServer(Encryption.STARTTLS, "127.0.0.1", mail_server.port))
    assert len(mail_server.messages) == count
    with MailServer(certificate=certificate, require_starttls=True) as server:
        encrypted = SmtpServer(Encryption.STARTTLS, "127.0.0.1", server.port)
        with pytest.raises(MailError, match=r"cannot be used \(\w+\)") as caught:
            send(encrypted)  # nobody whom this machine trusts has signed its certificate
        assert not caught.value.is_final
        with pytest.raises(MailError):
            send(replace(encrypted, encryption=Encryption.NONE))
        assert server.messages == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send(encrypted)
        assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("answer", "final"), [("451 later", False), ("554 never", True), ("421 closing", False)], ids=["451", "554", "421"]
)
def test_message_refused(mail_server: MailServer, answer: str, final: bool) -> None:
    mail_server.refusals.append(answer)
    with pytest.raises(MailError, match=r"refused \(\d\d\d\)") as caught:
        send(parse_smtp_url(mail_server.url))
    assert caught.value.is_final is final


@pytest.mark.parametrize(("answer", "final"), [("450 grey", False), ("550 nobody", True)], ids=["450", "550"])
def test_recipient_refused(mail_server: MailServer, answer: str, final: bool) -> None:
    mail_server.refused_recipients["bob@example.com"] = answer
    with pytest.raises(MailError, match="the recipient was refused") as caught:
        send(parse_smtp_url(mail_server.url), message(replace(MAIL, recipient="bob@example.com")))
    assert caught.value.is_final is final
    assert "bob" not in str(caught.value)


def test_nobody_listens() -> None:
    with pytest.raises(MailError, match="cannot be used") as caught:
        send(SmtpServer(Encryption.NONE, "127.0.0.1", free_port()))
    assert not caught.value.is_final


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://u:p@mail.example", SmtpServer(Encryption.TLS, "mail.example", 465, "u", "p")),
        ("smtp+starttls://mail.example", SmtpServer(Encryption.STARTTLS, "mail.example", 587)),
        ("smtp://relay:2525/", SmtpServer(Encryption.NONE, "relay", 2525)),
        ("smtp://u:p@[::1]", SmtpServer(Encryption.NONE, "::1", 25, "u", "p")),
        ("smtp://u:p@localhost", SmtpServer(Encryption.NONE, "localhost", 25, "u", "p")),
    ],
)
def test_urls(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server
    assert "'p'" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://s3cret:s3cret@mail.example",
        "smtp://",
        "smtps://s3cret@mail.example",
        "smtps://:s3cret@mail.example",
        "smtps://mail.example/s3cret",
        "smtps://mail.example?s3cret",
        "smtps://mail.example:s3cret",
        "smtps://mail.example:0",
        "smtps://mail.example:99999",
        "smtp://u:s3cret@mail.example",
    ],
)
def test_urls_that_name_no_server(url: str) -> None:
    with pytest.raises(ValueError, match="write smtps://") as caught:
        parse_smtp_url(url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b.c, d@e.f", "<>", "group: a@b.c, d@e.f;", "A <a@b.c>\r\nBcc: x@y.z", '"a b"@c.d', "a@b..c"]
)
def test_sender_that_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        parse_mailbox(text)
