"""``/v1/mail``: what the outbox holds. The service sends it by itself."""

from __future__ import annotations

from sealstamp.keys import mail as domain
from sealstamp.keys.acts import mailing as acts
from sealstamp.keys.documents import mail_document
from sealstamp.keys.mail import MailStatus
from sealstamp.keys.operators import Role
from sealstamp.resources.common import told
from sealstamp.resources.mail import Mail, MailQuery, Mails
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code

_ONE = "/v1/mail/{id}"


def _list(call: Call[MailQuery, None]) -> Reply:
    status = None if call.query.status is None else MailStatus(call.query.status)
    store = call.services.store
    items, cursor = page_of(
        call, lambda after, limit: store.list_mail(status=status, after=after, limit=limit), lambda one: one.id
    )
    return Reply(Mails(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return Reply(_told(call.services.store.get_mail(call.path["id"])))


def _retry(call: Call[Nothing, None]) -> Reply:
    return Reply(_told(acts.retry(call.act(), call.path["id"])))


def _told(mail: domain.Mail) -> Mail:
    return told(mail_document(mail), Mail)


OPERATIONS = (
    Operation(
        *("list_mail", "GET", "/v1/mail", "List mail that is to be sent, was sent or was given up", Role.VIEWER, _list),
        query=MailQuery,
        gives=Mails,
    ),
    Operation("get_mail", "GET", _ONE, "Show a message, its text apart", Role.VIEWER, _get, gives=Mail),
    Operation(
        *("retry_mail", "POST", f"{_ONE}/retry", "Queue a message again that was given up", Role.OPERATOR, _retry),
        gives=Mail,
        writes=True,
        problems=(Code.CONFLICT,),
    ),
)
