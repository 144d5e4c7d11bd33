"""``sealstamp mail`` with a real mail server: what is sent, and what when it cannot be."""

from __future__ import annotations

import re

from tests.cli.conftest import Provider
from tests.server.mail_server import MailServer

INVITE = ("invitations", "send", "--consumer", "acme", "--api", "shop", "--holder", "Ann", "--email", "ann@example.com")


def test_mail_is_sent(provider: Provider) -> None:
    """From the store, now; the token is in the message alone."""
    with MailServer() as server:
        with provider.config.open("a") as file:
            file.write(f'smtp_url = "smtp://127.0.0.1:{server.port}"\nmail_from = "keys@example.com"\n')
        sent = provider(*INVITE)
        assert "the token goes to ann@example.com by mail" in sent.err
        assert "token" not in sent.out
        server.refusals.append("451 later")
        ran = provider("mail", "send", "--json")
        assert (ran.code, ran.json) == (1, {"sent": 0, "put_off": 1, "failed": 0})
        provider(*INVITE)
        ran = provider("mail", "send")
        assert (ran.code, ran.out) == (0, "1 sent, 0 put off, 0 given up\n")
        (message,) = server.messages
        token = re.search(r"#(\w{43})", message.get_content())
        assert token
        assert token[1] not in ran.out + ran.err + provider("mail", "list", "--json").out
        assert sorted(one["status"] for one in provider("mail", "list", "--json").json) == ["queued", "sent"]
        provider("invitations", "withdraw", provider("invitations", "list", "--json").json[0]["id"])
        assert [one["status"] for one in provider("mail", "list", "--json").json] == ["sent"]


def test_message_that_was_given_up(provider: Provider) -> None:
    """It tells why, and can be queued again."""
    with MailServer() as server:
        with provider.config.open("a") as file:
            file.write(f'smtp_url = "smtp://127.0.0.1:{server.port}"\nmail_from = "keys@example.com"\n')
        provider(*INVITE)
        server.refusals.append("550 no such mailbox")
        assert provider("mail", "send").out == "0 sent, 0 put off, 1 given up\n"
        assert "refused (550)" in provider("mail", "list", "--status", "failed").out
        mail_id = provider("mail", "list", "--json").json[0]["id"]
        assert provider("mail", "retry", mail_id).out == f"{mail_id} is queued\n"
        assert provider("mail", "send").code == 0
        assert len(server.messages) == 1


def test_no_mail_server(provider: Provider) -> None:
    """It is told which setting names one."""
    ran = provider("mail", "send")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem == "setting smtp_url: it is not given"
