"""Access requests: made by strangers within bounds, approved with an invitation, declined with a reason."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sealstamp.core.credential import Secret
from sealstamp.errors import (
    ConfigurationError,
    KeyStateError,
    NotFoundError,
    SealstampError,
    StaleVersionError,
    TooManyAccessRequestsError,
)
from sealstamp.keys import requests as bounds
from sealstamp.keys.acts import invitations, requests
from sealstamp.keys.acts.act import Act
from sealstamp.keys.audit import entries
from sealstamp.keys.mail import MailKind, open_values
from sealstamp.keys.requests import HOUR_MS, AccessRequest, RequestStatus
from sealstamp.stores.sql import SqlStore
from tests.acting import SEALER, act_on


@pytest.fixture
def act(shop: SqlStore) -> Act:
    return act_on(shop, now_ms=10 * HOUR_MS)


def submit(act: Act, **given: str) -> AccessRequest:
    usual = {"name": "Ada", "email": "ada@example.com", "api": "shop", "purpose": "to sell\nthings"}
    return requests.submit(act, **{**usual, **given})


def test_approved_request_becomes_a_pair(act: Act) -> None:
    request = submit(act, address="192.0.2.1", notify="ops@shop.example")
    approved, invitation = requests.approve(act, request.id, rate_limit="5/second")
    assert (approved.status, approved.consumer, approved.invitation) == ("approved", "ada@example.com", invitation.id)
    assert act.store.get_access_request(request.id) == approved
    assert act.store.get_consumer("ada@example.com").email == "ada@example.com"
    mailed, told = sorted(act.store.list_mail(), key=lambda mail: mail.kind)
    assert (told.kind, told.recipient) == (MailKind.REQUEST_RECEIVED, "ops@shop.example")
    assert open_values(SEALER, told)["purpose"] == "to sell\nthings"
    assert (mailed.kind, mailed.recipient) == (MailKind.INVITATION, "ada@example.com")
    key, _ = invitations.claim(act, Secret(open_values(SEALER, mailed)["token"]))
    assert (key.consumer, key.apis, key.rate_limit) == ("ada@example.com", ("shop",), "5/second")


def test_declined_request_is_told_the_reason(act: Act) -> None:
    request = submit(act)
    assert requests.decline(act, request.id, "not now").status is RequestStatus.DECLINED
    (mail,) = act.store.list_mail()
    assert (mail.kind, mail.recipient) == (MailKind.REQUEST_DECLINED, "ada@example.com")
    assert open_values(SEALER, mail) == {"name": "Ada", "api": "shop", "reason": "not now"}
    assert act.store.list_invitations() == []


def test_a_request_is_decided_once(act: Act) -> None:
    request = submit(act)
    with pytest.raises(StaleVersionError):
        requests.decline(replace(act, expected_version=9), request.id, "no")
    requests.approve(replace(act, expected_version=1), request.id, consumer="acme")
    for decide in (lambda: requests.approve(act, request.id), lambda: requests.decline(act, request.id, "no")):
        with pytest.raises(KeyStateError, match="is approved already"):
            decide()
    with pytest.raises(NotFoundError, match="no access request"):
        requests.decline(act, "req-none", "no")


def test_approval_that_cannot_be_leaves_it_open(act: Act) -> None:
    request = submit(act, email="o'hara@example.com")
    with pytest.raises(ConfigurationError, match="cannot be a name"):
        requests.approve(act, request.id)
    assert act.store.get_access_request(request.id) == request
    assert requests.approve(act, request.id, consumer="ohara")[0].consumer == "ohara"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": ""}, ConfigurationError),
        ({"name": "Ada\r\nBcc: eve@example.com"}, ConfigurationError),
        ({"name": "A" * 257}, ConfigurationError),
        ({"email": "ada"}, ConfigurationError),
        ({"email": f"{'a' * 65}@example.com"}, ConfigurationError),
        ({"email": "ada@example.com, eve@example.com"}, ConfigurationError),
        ({"purpose": " \n"}, ConfigurationError),
        ({"purpose": "p" * 2_001}, ConfigurationError),
        ({"purpose": "nul\0"}, ConfigurationError),
        ({"purpose": "\ud800"}, ConfigurationError),
        ({"api": "none"}, NotFoundError),
        ({"api": "\ud800"}, ConfigurationError),
    ],
)
def test_request_that_cannot_be(act: Act, wrong: dict[str, str], error: type[SealstampError]) -> None:
    with pytest.raises(error):
        submit(act, **wrong)
    assert act.store.list_access_requests() == []
    assert list(entries(act.store)) == []


def test_one_sender_cannot_fill_the_store(act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        submit(act, email=f"user{number}@example.com", address="192.0.2.1")
    with pytest.raises(TooManyAccessRequestsError):
        submit(act, email="user9@example.com", address="192.0.2.1")
    submit(replace(act, now_ms=act.now_ms + HOUR_MS + 1), email="user9@example.com", address="192.0.2.1")
    for number in range(3):
        submit(act, address=f"192.0.2.{number + 2}")
    with pytest.raises(TooManyAccessRequestsError):
        submit(act, address="192.0.2.9")
    monkeypatch.setattr("sealstamp.keys.acts.requests.MOST_OPEN", 9)
    assert bounds.MOST_OPEN == 1_000
    with pytest.raises(TooManyAccessRequestsError):
        submit(act, email="other@example.com")


def test_the_audit_keeps_nothing_personal_of_a_stranger(act: Act) -> None:
    request = submit(act, name="Ada Lovelace", purpose="to compute", address="192.0.2.1")
    requests.decline(act, request.id, "sorry, Ada")
    found = list(entries(act.store))
    assert [(entry.act, entry.subject) for entry in found] == [
        ("access_request.submit", request.id),
        ("access_request.decline", request.id),
    ]
    text = json.dumps([entry.document() for entry in found])
    assert not any(word in text for word in ("Lovelace", "ada@", "compute", "192.0.2.1", "sorry"))
