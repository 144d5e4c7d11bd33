"""A rotated sealing key: nothing that is kept needs the older one."""

from __future__ import annotations

import secrets

import pytest

from sealstamp.core.credential import Credential, Secret
from sealstamp.keys.acts.sealing import reseal
from sealstamp.keys.audit import AuditQuery
from sealstamp.keys.keeping import credential_of
from sealstamp.keys.mail import Mail, MailKind, open_values, seal_values
from sealstamp.keys.operators import Role, new_operator
from sealstamp.keys.repeatable import owner_of
from sealstamp.keys.sealing import Sealer, SealingKey, UnsealingError
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair

OLD, NEW = SealingKey.of(b"k" * 32), SealingKey.of(b"n" * 32)
BOTH = Sealer(NEW, [OLD])
PAIR = Credential.of("k1", "s1")
VALUES = {"token": "t0ken"}
CLAIM = b"\x00\xff" * 16


@pytest.fixture
def full(shop: SqlStore, sealer: Sealer) -> SqlStore:
    """A store with one of each thing that is sealed."""
    keep_pair(shop, sealer, PAIR, "shop")
    operator, _ = new_operator(sealer, "root", Role.ADMIN, choose=secrets.choice, now_ms=0)
    shop.add_operator(operator)
    for mail_id, values in {"m1": seal_values(sealer, "m1", VALUES), "m2": b""}.items():
        shop.add_mail(Mail(mail_id, MailKind.INVITATION, "a@example.com", "i1", values, 0, 0, 10**6))
    answer = sealer.seal(owner_of(CLAIM), Secret("answer"))
    shop.add_repeatable(CLAIM, b"request", answer, expires_at_ms=10**6, now_ms=0)
    return shop


def test_all_is_sealed_anew(full: SqlStore) -> None:
    """The new key alone opens it; the audit has one entry, and a second run finds nothing to do."""
    seen: list[int] = []
    assert reseal(act_on(full, BOTH), seen.append) == 4
    assert seen == [1, 2, 4, 5]
    alone = Sealer(NEW)
    assert credential_of(full.get_access_key("k1"), alone) == PAIR
    (operator,) = full.list_operators()
    alone.open(operator.access_key_id, operator.sealed_secret)
    assert open_values(alone, full.get_mail("m1")) == VALUES
    assert full.get_mail("m2").sealed_values == b""
    found = full.find_repeatable(CLAIM, 0)
    assert found is not None
    assert alone.open(owner_of(CLAIM), found[1]) == Secret("answer")
    assert reseal(act_on(full, BOTH)) == 0
    entries = [entry for entry in full.list_audit_entries(AuditQuery()) if entry.act == "sealing.rotate"]
    assert [(entry.subject, entry.after) for entry in entries] == [(NEW.id, {"resealed": 4})]


def test_mail_that_is_at_a_sender_meanwhile(full: SqlStore) -> None:
    """What the sender notes of it does not bring the older seal back; and what it sent is forgotten."""
    leased = full.lease_mail(0, 100)
    assert leased is not None
    reseal(act_on(full, BOTH))
    assert full.update_mail(leased.put_off(1, "later"))
    assert open_values(Sealer(NEW), full.get_mail("m1")) == VALUES
    assert full.update_mail(leased.sent(2))
    full.seal_mail_anew("m1", b"late")
    assert full.get_mail("m1").sealed_values == b""


def test_what_was_done_before_a_failure_is_in_the_audit(full: SqlStore) -> None:
    """And stays done."""
    lost = Sealer(SealingKey.of(b"l" * 32))
    full.add_mail(Mail("m3", MailKind.INVITATION, "a@example.com", "i1", seal_values(lost, "m3", VALUES), 0, 0, 10**6))
    with pytest.raises(UnsealingError):
        reseal(act_on(full, BOTH))
    entries = list(full.list_audit_entries(AuditQuery()))
    assert (entries[-1].act, entries[-1].after) == ("sealing.rotate", {"resealed": 2})
    assert credential_of(full.get_access_key("k1"), Sealer(NEW)) == PAIR
