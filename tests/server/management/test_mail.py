"""``/v1/mail``: what the outbox holds, without what is in a message."""

from __future__ import annotations

from sealstamp.keys.acts.mailing import enqueue
from sealstamp.keys.mail import MailKind
from tests.server.managing import Manager


def add_mail(manager: Manager) -> str:
    """Put a message into the outbox of a service that sends none."""
    service = manager.service
    with service.opened_store() as store:
        return enqueue(service.act(store), MailKind.INVITATION, "a@example.com", "inv_1", {"token": "topsecret"}).id


def test_messages(operator: Manager, viewer: Manager) -> None:
    """Listed, shown, and queued again once they were given up; nobody is told what they say."""
    mail_id = add_mail(operator)
    told = viewer.get(f"/v1/mail/{mail_id}")
    assert (told.status, told.json["status"], told.json["recipient"]) == (200, "queued", "a@example.com")
    listed = viewer.get("/v1/mail?status=queued")
    assert mail_id in [one["id"] for one in listed.json["items"]]
    assert b"topsecret" not in told.answer.body + listed.answer.body
    retry = f"/v1/mail/{mail_id}/retry"
    assert (viewer.call("POST", retry).code, operator.call("POST", retry).code) == ("role_too_low", "conflict")
    with operator.service.opened_store() as store:
        store.update_mail(store.get_mail(mail_id).given_up(5, "no such mailbox"))
    assert viewer.get(f"/v1/mail/{mail_id}").json["problem"] == "no such mailbox"
    assert operator.call("POST", retry).json["status"] == "queued"
    assert viewer.get("/v1/mail/nothing").code == "not_found"
