"""From an operator's invitation to a customer's first request: by mail, and in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from sealstamp.keys.operators import Role
from tests.server.browser import browsing
from tests.server.mail_server import MailServer
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving, until
from tests.server.signing import BBX, Pair
from tests.server.test_faults import MANIFEST
from tests.server.upstream import Upstream

NEW = {"consumer": "acme", "terms": {"apis": ["shop"]}, "holder": "Ada", "email": "ada@example.com"}

ANSWER = "document.getElementById('answer').textContent"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def operator(
    tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer, upstream: Upstream
) -> Iterator[Manager]:
    """Of a service that sends mail."""
    service = Service(
        tmp_path_factory.mktemp("mailing"), smtp_url=mail_server.url, mail_from="Shop <keys@shop.example>", **MANAGED
    )
    with service.config.open("a") as settings:
        settings.write(f'public_url = "{service.origin}"\n')
    service.prepare(MANIFEST.format(upstream.url))
    manager = add_operator(service, "root", Role.OPERATOR)
    with serving(service):
        yield manager


def mailed(mail_server: MailServer) -> EmailMessage:
    """The next message that the service sends, by itself."""
    return until(lambda: mail_server.messages.pop() if mail_server.messages else None, "mail")


def test_claimed_in_a_browser(operator: Manager, mail_server: MailServer, tmp_path: Path) -> None:
    """The mail's link opens a page, whose button shows a pair, once; the pair opens the API."""
    service = operator.service
    assert operator.call("POST", "/v1/invitations", NEW).status == 201
    message = mailed(mail_server)
    assert (str(message["to"]), str(message["from"])) == ("ada@example.com", "Shop <keys@shop.example>")
    (link,) = re.findall(rf"{re.escape(service.origin)}/\S+#\S+", message.get_content())
    token = link.partition("#")[2]
    with browsing(tmp_path) as page:
        page.open(link)
        assert page.run("location.href") == link.partition("#")[0]  # no history and no screenshot has the token
        assert page.run(ANSWER) == ""
        page.run("document.getElementById('claim').click()")
        shown = until(lambda: page.run(ANSWER) or None, "the pair")
        assert page.run("document.getElementById('claim').disabled")
        found = re.fullmatch(r"access key id  (\S+)\nsecret         (\S+)", shown)
        assert found, shown
        page.open("about:blank")
        page.open(link)
        page.run("document.getElementById('claim').click()")
        again = until(lambda: page.run(ANSWER) or None, "the refusal")
        assert "claimed" in again
        page.open("about:blank")
        page.open(link.partition("#")[0])
        assert "open the whole link" in page.run(ANSWER)
        assert page.run("document.getElementById('claim').disabled")
    pair = Pair(found[1], found[2])
    assert service.call(BBX, "/shop", BBX.sign(pair)).status == 200
    said = service.said()
    assert token not in said
    assert pair.secret not in said
