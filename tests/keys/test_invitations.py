"""Invitations: claimed once, by whoever has the token, for what was set before."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from sealstamp.core.credential import Secret
from sealstamp.errors import (
    ConfigurationError,
    InvitationClaimedError,
    InvitationError,
    InvitationExpiredError,
    InvitationUnknownError,
    InvitationWithdrawnError,
    KeyStateError,
    NotFoundError,
    SealstampError,
    StaleVersionError,
)
from sealstamp.keys.acts import consumers, invitations, plans
from sealstamp.keys.acts.act import Act
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.invitations import DAY_MS, InvitationStatus
from sealstamp.keys.keeping import credential_of
from sealstamp.keys.mail import open_values
from sealstamp.keys.plans import Plan
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import SEALER, act_on

TERMS = {
    "name": "the till's",
    "scopes": ["write", "read"],
    "networks": ["192.0.2.1"],
    "rate_limit": "10/second",
    "quota_day": 100,
    "quota_month": 1_000,
    "plan": "silver",
    "labels": {"team": "é"},
    "expires_at_ms": 90 * DAY_MS,
}


@pytest.fixture
def act(shop: SqlStore) -> Act:
    return act_on(shop, now_ms=1_000)


def later(act: Act, by_ms: int) -> Act:
    return replace(act, now_ms=act.now_ms + by_ms)


def test_holder_claims_what_was_set_before(act: Act) -> None:
    plans.create(act, Plan("silver"))
    invitation, token = invitations.invite(act, consumer="acme", apis=["shop"], holder="Ada", **TERMS)  # type: ignore[arg-type]
    assert len(token.reveal()) == 43
    key, credential = invitations.claim(later(act, DAY_MS), token)
    assert act.store.get_access_key(key.id) == key
    assert credential_of(key, SEALER) == credential
    assert (key.consumer, key.apis, key.scopes) == ("acme", ("shop",), ("read", "write"))
    assert (key.networks, key.plan, key.rate_limit) == (("192.0.2.1/32",), "silver", "10/second")
    assert (key.quota_day, key.quota_month) == (100, 1_000)
    assert (key.name, key.labels, key.expires_at_ms) == ("the till's", {"team": "é"}, 90 * DAY_MS)
    assert key.created_at_ms == 1_000 + DAY_MS
    after = act.store.get_invitation(invitation.id)
    assert (after.status, after.access_key_id, after.version) == (InvitationStatus.CLAIMED, key.id, 2)
    with pytest.raises(InvitationClaimedError):
        invitations.claim(act, token)


def test_token_is_kept_as_a_hash_alone(act: Act, path: Path) -> None:
    invitation, token = invitations.invite(act, consumer="acme", apis=["shop"])
    plain = token.reveal()
    audit = [entry.document() for entry in entries(act.store)]
    kept = json.dumps(audit) + repr(act.store.get_invitation(invitation.id))
    assert plain.decode() not in kept
    assert not any(plain in file.read_bytes() for file in path.parent.glob("*") if file.is_file())
    for near in (plain[:-1], plain + b"=", plain.swapcase(), b"", invitation.token_hash):
        with pytest.raises(InvitationUnknownError):
            invitations.claim(act, Secret(near))


def test_each_end_has_its_code(act: Act) -> None:
    """Which of the reasons it is can be told by the code; a holder learns it, nobody else."""
    tokens: dict[str, Secret] = {}
    for name in ("claimed", "withdrawn", "expired", "renewed"):
        invitation, tokens[name] = invitations.invite(act, consumer="acme", apis=["shop"], days=1)
        if name == "claimed":
            invitations.claim(act, tokens[name])
        elif name == "withdrawn":
            assert invitations.withdraw(act, invitation.id).status is InvitationStatus.WITHDRAWN
        elif name == "renewed":
            _, tokens["new"] = invitations.renew(act, invitation.id, days=2)
    codes = {}
    for name, token in tokens.items():
        try:
            invitations.claim(later(act, DAY_MS), token)
        except InvitationError as error:
            codes[name] = (error.code, error.status)
    assert codes == {
        "claimed": ("invitation_claimed", 410),
        "withdrawn": ("invitation_withdrawn", 410),
        "expired": ("invitation_expired", 410),
        "renewed": ("invitation_unknown", 404),
    }
    with pytest.raises(InvitationClaimedError):
        invitations.claim(act, tokens["new"])
    assert len(list(act.store.list_access_keys())) == 2


def test_last_millisecond(act: Act) -> None:
    _, token = invitations.invite(act, consumer="acme", apis=["shop"], days=1)
    with pytest.raises(InvitationExpiredError):
        invitations.claim(later(act, DAY_MS), token)
    invitations.claim(later(act, DAY_MS - 1), token)


def test_of_racing_threads_one_gets_the_pair(shop: SqlStore, url: str) -> None:
    stores = [open_store(url, busy_timeout_ms=20_000) for _ in range(2)]
    _, token = invitations.invite(act_on(shop), consumer="acme", apis=["shop"])
    barrier = Barrier(8)

    def claim(number: int) -> str:
        barrier.wait()
        try:
            key, credential = invitations.claim(act_on(stores[number % 2]), token)
        except InvitationClaimedError as error:
            return error.code
        assert credential_of(key, SEALER) == credential
        return key.id

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(claim, range(8)))
    for store in stores:
        store.close()
    (key,) = shop.list_access_keys()
    assert sorted(found) == sorted([key.id, *["invitation_claimed"] * 7])
    assert verify(shop).broken is None


def test_what_keeps_a_claim_from_being_made_leaves_it_open(act: Act) -> None:
    plans.create(act, Plan("silver"))
    _, token = invitations.invite(act, consumer="acme", apis=["shop"], plan="silver")
    consumers.suspend(act, "acme")
    with pytest.raises(KeyStateError, match="consumer 'acme' is suspended"):
        invitations.claim(act, token)
    consumers.enable(act, "acme")
    plans.delete(act, "silver")
    with pytest.raises(NotFoundError, match="no plan 'silver'"):
        invitations.claim(act, token)
    plans.create(act, Plan("silver"))
    assert invitations.claim(act, token)[0].plan == "silver"


def test_invitation_to_an_api_that_is_gone(act: Act) -> None:
    _, token = invitations.invite(act, consumer="acme", apis=["shop"])
    act.store.delete_api("shop")
    with pytest.raises(NotFoundError, match="no API 'shop'"):
        invitations.claim(act, token)
    assert list(act.store.list_access_keys()) == []


def test_consumer_is_made_and_takes_its_invitations_along(act: Act) -> None:
    _, token = invitations.invite(act, consumer="beta", apis=["shop"])
    assert act.store.get_consumer("beta").name == "beta"
    consumers.delete(act, "beta")
    with pytest.raises(InvitationUnknownError):
        invitations.claim(act, token)


@pytest.mark.parametrize(
    ("wrong", "error", "problem"),
    [
        ({"apis": []}, ConfigurationError, "no API is named"),
        ({"apis": ["none"]}, NotFoundError, "no API 'none'"),
        ({"plan": "none"}, NotFoundError, "no plan 'none'"),
        ({"consumer": "two words"}, ConfigurationError, "cannot be a name"),
        ({"days": 0}, ConfigurationError, "cannot be valid for 0 days"),
        ({"days": 91}, ConfigurationError, "cannot be valid for 91 days"),
        ({"email": "ada@example.com\nBcc: eve@example.com"}, ConfigurationError, "no mail address"),
        ({"holder": "Ada\nBcc: eve@example.com"}, ConfigurationError, "not printable"),
        ({"rate_limit": "fast"}, ConfigurationError, "is not a rate limit"),
        ({"networks": ["here"]}, ConfigurationError, "is not a network"),
    ],
)
def test_invitation_that_cannot_be(
    act: Act, wrong: dict[str, object], error: type[SealstampError], problem: str
) -> None:
    given = {"consumer": "beta", "apis": ["shop"], **wrong}
    with pytest.raises(error, match=problem):
        invitations.invite(act, **given)  # type: ignore[arg-type]
    assert act.store.find_consumer("beta") is None
    assert list(entries(act.store)) == []


def test_mail_has_the_token_sealed(act: Act) -> None:
    invitation, token = invitations.invite(act, consumer="acme", apis=["shop"], holder="Ada", email="ada@example.com")
    (mail,) = act.store.list_mail()
    assert (mail.recipient, mail.about, mail.next_attempt_at_ms) == ("ada@example.com", invitation.id, act.now_ms)
    assert token.reveal() not in mail.sealed_values
    assert open_values(SEALER, mail) == {
        "name": "Ada",
        "consumer": "acme",
        "apis": "shop",
        "token": token.reveal().decode(),
        "expires": "1970-01-08T00:00:00Z",
    }


@pytest.mark.parametrize("end", [invitations.withdraw, invitations.renew])
def test_mail_that_is_not_sent_yet_goes_with_its_token(act: Act, end: Callable[[Act, str], object]) -> None:
    invitation, token = invitations.invite(act, consumer="acme", apis=["shop"], email="ada@example.com")
    end(act, invitation.id)
    left = [open_values(SEALER, mail)["token"] for mail in act.store.list_mail()]
    assert token.reveal().decode() not in left
    assert len(left) == (1 if end is invitations.renew else 0)


def test_settled_invitations_stay_settled(act: Act) -> None:
    invitation, token = invitations.invite(act, consumer="acme", apis=["shop"])
    with pytest.raises(StaleVersionError):
        invitations.withdraw(replace(act, expected_version=2), invitation.id)
    invitations.withdraw(replace(act, expected_version=1), invitation.id)
    for again in (invitations.withdraw, invitations.renew):
        with pytest.raises(KeyStateError, match="is withdrawn"):
            again(act, invitation.id)
    with pytest.raises(InvitationWithdrawnError):
        invitations.claim(act, token)


def test_every_act_is_audited(act: Act) -> None:
    invitation, _ = invitations.invite(act, consumer="acme", apis=["shop"])
    _, token = invitations.renew(act, invitation.id)
    key, _ = invitations.claim(act, token)
    found = [(entry.act, entry.subject, entry.actor) for entry in entries(act.store)]
    assert found == [
        ("invitation.create", invitation.id, "tester"),
        ("invitation.renew", invitation.id, "tester"),
        ("access_key.issue", key.id, f"invitation:{invitation.id}"),
        ("invitation.claim", invitation.id, f"invitation:{invitation.id}"),
    ]
