"""Plans, invitations, access requests and the outbox, on real databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.invitations import Invitation, InvitationStatus
from sealstamp.keys.mail import Mail, MailKind, MailStatus
from sealstamp.keys.plans import Plan
from sealstamp.keys.requests import AccessRequest, RequestStatus
from sealstamp.stores.sql import SqlStore, open_store

PLAN = Plan("gold", ("a", "b"), "100/minute", 1_000, 2**40, 2**41, 5, ("silver", "bronze"), version=3)
TERMS = {
    "apis": ("lab", "shop"),
    "name": "the till's",
    "scopes": ("a",),
    "networks": ("192.0.2.0/24",),
    "rate_limit": "1/second",
    "quota_day": 5,
    "quota_month": 2**40,
    "plan": "gold",
    "expires_at_ms": 2**41,
    "labels": {"team": "é"},
}
INVITATION = Invitation("inv-1", b"\x00hash\xff", "acme", TERMS, 1, 2**41, "Ada", "ada@example.com")
REQUEST = AccessRequest("req-1", "Ada", "ada@example.com", "shop", "to sell\nthings", 1_000, "192.0.2.1")
MAIL = Mail("mail-1", MailKind.INVITATION, "ada@example.com", "inv-1", b"sealed\x00", 1, 10, 2**41)


@pytest.fixture
def patient(shop: SqlStore, url: str) -> Iterator[SqlStore]:
    """The store of ``shop``, whose writers wait for each other."""
    opened = open_store(url)
    yield opened
    opened.close()


def ids(found: Sequence[Invitation | AccessRequest | Mail]) -> list[str]:
    return [one.id for one in found]


def test_plan_kept_replaced_and_deleted(shop: SqlStore) -> None:
    epoch = shop.epoch()
    shop.put_plan(PLAN)
    assert (shop.get_plan("gold"), shop.epoch() != epoch) == (PLAN, True)
    shop.put_plan(Plan("gold"))
    shop.put_plan(replace(PLAN, name="a"))
    assert [plan.name for plan in shop.list_plans()] == ["a", "gold"]
    assert shop.find_plan("gold") == Plan("gold")
    shop.delete_plan("gold")
    assert shop.find_plan("gold") is None
    for act in (shop.get_plan, shop.delete_plan):
        with pytest.raises(NotFoundError, match="no plan 'gold'"):
            act("gold")


def test_plan_that_somebody_is_on_stays(shop: SqlStore) -> None:
    shop.put_plan(PLAN)
    shop.put_consumer(Consumer("acme", plan="gold"))
    with pytest.raises(KeyStateError, match="still on plan"):
        shop.delete_plan("gold")
    shop.put_consumer(Consumer("acme"))
    shop.add_access_key(AccessKey("k1", b"sealed", "acme", ("shop",), plan="gold"))
    with pytest.raises(KeyStateError, match="still on plan"):
        shop.delete_plan("gold")
    assert shop.get_access_key("k1").plan == "gold"


def test_invitation_kept_and_found_by_hash_alone(shop: SqlStore) -> None:
    shop.add_invitation(INVITATION)
    assert shop.get_invitation("inv-1") == INVITATION
    assert shop.find_invitation_by_hash(INVITATION.token_hash) == INVITATION
    assert shop.find_invitation_by_hash(b"\x00hash") is None
    with pytest.raises(NotFoundError, match="no invitation 'inv-2'"):
        shop.get_invitation("inv-2")
    assert "hash" not in repr(INVITATION).replace("token_hash", "")


def test_invitations_listed_by_age_status_and_consumer(shop: SqlStore) -> None:
    shop.put_consumer(Consumer("beta"))
    shop.add_invitation(INVITATION)
    shop.add_invitation(replace(INVITATION, id="inv-2", token_hash=b"2", status=InvitationStatus.CLAIMED))
    shop.add_invitation(replace(INVITATION, id="inv-3", token_hash=b"3", consumer="beta"))
    assert ids(shop.list_invitations()) == ["inv-1", "inv-2", "inv-3"]
    assert ids(shop.list_invitations(after="inv-1", limit=1)) == ["inv-2"]
    assert ids(shop.list_invitations(status=InvitationStatus.OPEN)) == ["inv-1", "inv-3"]
    assert ids(shop.list_invitations(consumer="beta")) == ["inv-3"]
    shop.delete_consumer("beta")
    assert ids(shop.list_invitations()) == ["inv-1", "inv-2"]


def test_of_many_who_settle_an_invitation_one_does(shop: SqlStore, patient: SqlStore) -> None:
    shop.add_invitation(INVITATION)
    claimed = replace(INVITATION, status=InvitationStatus.CLAIMED, access_key_id="k1", version=2)
    barrier = Barrier(8)

    def settle(_: int) -> bool:
        barrier.wait()
        return patient.update_invitation(claimed)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(settle, range(8))) == [False] * 7 + [True]
    assert shop.get_invitation("inv-1") == claimed
    assert not shop.update_invitation(replace(claimed, status=InvitationStatus.OPEN, version=3))


def test_access_request_kept_counted_and_settled_once(shop: SqlStore) -> None:
    shop.add_access_request(REQUEST)
    shop.add_access_request(replace(REQUEST, id="req-2", email="bob@example.com", created_at_ms=2_000))
    assert shop.get_access_request("req-1") == REQUEST
    assert shop.count_access_requests(status=RequestStatus.OPEN) == 2
    assert shop.count_access_requests(email="ada@example.com") == 1
    assert shop.count_access_requests(address="192.0.2.1", since_ms=1_001) == 1
    declined = replace(REQUEST, status=RequestStatus.DECLINED, decided_at_ms=9, reason="no", version=2)
    assert shop.update_access_request(declined)
    assert not shop.update_access_request(declined)
    assert shop.get_access_request("req-1") == declined
    assert ids(shop.list_access_requests(status=RequestStatus.OPEN)) == ["req-2"]
    assert ids(shop.list_access_requests(after="req-1")) == ["req-2"]
    with pytest.raises(NotFoundError, match="no access request 'req-3'"):
        shop.get_access_request("req-3")


def test_mail_is_leased_to_one_sender_at_a_time(shop: SqlStore, patient: SqlStore) -> None:
    shop.add_mail(MAIL)
    assert shop.lease_mail(now_ms=9, until_ms=100) is None
    barrier = Barrier(8)

    def lease(_: int) -> Mail | None:
        barrier.wait()
        return patient.lease_mail(now_ms=10, until_ms=100)

    with ThreadPoolExecutor(8) as pool:
        leased = [mail for mail in pool.map(lease, range(8)) if mail is not None]
    assert leased == [replace(MAIL, next_attempt_at_ms=100, attempts=1)]
    assert shop.lease_mail(now_ms=99, until_ms=200) is None
    assert shop.lease_mail(now_ms=100, until_ms=200) == replace(MAIL, next_attempt_at_ms=200, attempts=2)


def test_mail_settled_dropped_and_forgotten(shop: SqlStore) -> None:
    shop.add_mail(MAIL)
    sent = replace(MAIL, attempts=1).sent(50)
    assert (sent.sealed_values, shop.update_mail(sent), shop.get_mail("mail-1")) == (b"", True, sent)
    assert shop.lease_mail(now_ms=10_000, until_ms=20_000) is None
    shop.add_mail(replace(MAIL, id="mail-2"))
    assert ids(shop.list_mail(status=MailStatus.QUEUED)) == ["mail-2"]
    assert shop.drop_mail("inv-1") == 1
    assert not shop.update_mail(replace(MAIL, id="mail-2"))
    assert ids(shop.list_mail()) == ["mail-1"]
    assert (shop.forget_mail(50), shop.forget_mail(51)) == (0, 1)
    with pytest.raises(NotFoundError, match="no mail 'mail-1'"):
        shop.get_mail("mail-1")


def test_back_off_grows_up_to_an_hour_and_ends_at_the_deadline() -> None:
    hour = 3_600_000
    pauses = [replace(MAIL, attempts=count).put_off(0, "down").next_attempt_at_ms for count in (1, 2, 3, 7, 8, 1_000)]
    assert pauses == [30_000, 60_000, 120_000, 1_920_000, hour, hour]
    late = replace(MAIL, attempts=9, deadline_ms=2 * hour)
    assert late.put_off(hour, "down").status is MailStatus.QUEUED
    failed = late.put_off(hour + 1, "down")
    assert (failed.status, failed.problem, failed.sealed_values) == (MailStatus.FAILED, "down", MAIL.sealed_values)
    again = failed.queued_again(3 * hour)
    assert (again.status, again.attempts, again.deadline_ms > 3 * hour) == (MailStatus.QUEUED, 0, True)
