"""``sealstamp mail``: what is to be sent, what was, and what could not be."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.local import add_local, local_settings_of, opened
from sealstamp.cli.moments import now_ms, write_moment
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.resources.mail import Mail

_COLUMNS = ("ID", "KIND", "RECIPIENT", "STATUS", "ATTEMPTS", "CREATED", "PROBLEM")


def add(parser: ArgumentParser) -> None:
    """Say what ``mail`` takes."""
    acts = Acts(parser)
    listed = acts.add("list", "list messages, without what they say", _list)
    listed.add_argument("--status", choices=("queued", "sent", "failed"), help="only those of this status")
    retried = acts.add("retry", "queue a message again that was given up", _retry)
    retried.add_argument("id", metavar="ID", help="the message's id")
    about = "send what is due now, from the local store; a service that runs does so by itself"
    acts.add("send", about, _send, ask=add_local)


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.mail import MailQuery

    with opened_books(arguments) as books:
        found = list(books.list_mail(MailQuery(status=arguments.status, limit=1_000)))
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(_COLUMNS, map(_row, found)))


def _retry(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document

    with opened_books(arguments) as books:
        mail = books.retry_mail(arguments.id)
    return output.show(arguments, document(mail), lambda: output.say(f"{mail.id} is {mail.status}"))


def _send(arguments: Namespace) -> int:
    """Send, and say in the log what became of each. Raises ConfigurationError where no mail server is set."""
    import asyncio

    from sealstamp.server.logs import make_log
    from sealstamp.server.mailing.sending import Mailer
    from sealstamp.server.opening import open_post

    settings = local_settings_of(arguments)
    post = open_post(settings)
    if post is None:
        raise ConfigurationError("setting smtp_url", "it is not given", "name the mail server, and mail_from")
    with opened(settings) as (store, sealer):
        mailer = Mailer(post, store, sealer, make_log(settings.log_level), now_ms)
        tally = asyncio.run(mailer.send_due())
    told = f"{tally.sent} sent, {tally.put_off} put off, {tally.failed} given up"
    output.show(arguments, asdict(tally), lambda: output.say(told))
    return output.FAILED if tally.put_off or tally.failed else output.DONE


def _row(mail: Mail) -> tuple[str, ...]:
    from sealstamp.resources.common import ms_of

    created = write_moment(ms_of(mail.created)) or ""
    return mail.id, mail.kind, mail.recipient, mail.status, str(mail.attempts), created, mail.problem or ""
