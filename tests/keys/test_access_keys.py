"""The life of access keys: each act, what it refuses, and what it leaves in the audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.forms import Form
from sealstamp.core.scheme import KeyForms
from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StaleVersionError
from sealstamp.keys.acts import sealing
from sealstamp.keys.acts.access_keys import (
    delete,
    disable,
    enable,
    expire_at,
    import_pair,
    issue,
    revoke,
    revoke_all,
    update,
)
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.sealing import reseal
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyStatus, SchemeChoice
from sealstamp.keys.sealing import Sealer, SealingKey, UnsealingError
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair

NOW_MS = 1_800_000_000_000
FORMS = KeyForms(Form.parse("hex 32"), Form.parse("base62 40"))
SHORT = KeyForms(Form.parse("hex 1"), Form.parse("hex 1"))


def choosing(letters: str) -> Callable[[Sequence[str]], str]:
    """Choose one given letter after the other."""
    given = iter(letters)
    return lambda _alphabet: next(given)


@pytest.fixture
def url(path: Path) -> str:
    """In one database: what acts do is tried here; the store's own tests try each."""
    return f"sqlite:///{path}"


@pytest.fixture
def act(shop: SqlStore, sealer: Sealer) -> Act:
    return act_on(shop, sealer, now_ms=NOW_MS)


@pytest.fixture
def key(shop: SqlStore, sealer: Sealer) -> AccessKey:
    return keep_pair(shop, sealer, Credential.of("k1", "s1"), "shop", now_ms=NOW_MS)


def acts(store: SqlStore) -> list[str]:
    """What the audit says was done."""
    assert verify(store).broken is None
    return [entry.act for entry in entries(store)]


def test_issued(shop: SqlStore, sealer: Sealer, act: Act) -> None:
    """The store has the key, and its sealed secret is the credential's."""
    key, credential = issue(act, consumer="acme", forms=FORMS, apis=["shop"], expires_at_ms=NOW_MS + 1)
    assert shop.get_access_key(credential.access_key_id) == key
    assert sealer.open(key.id, key.sealed_secret) == credential.secret
    assert (len(key.id), len(credential.secret.reveal())) == (32, 40)
    assert (key.created_at_ms, key.expires_at_ms, key.status) == (NOW_MS, NOW_MS + 1, KeyStatus.ACTIVE)
    assert key.is_usable(NOW_MS)
    assert not key.is_usable(NOW_MS + 1)


def test_issued_in_the_form_of_the_first_apis_scheme(act: Act) -> None:
    """So its holder's programs take it; a key for no API has no form."""
    key, credential = issue(act, consumer="acme", apis=["shop"])
    assert (len(key.id), len(credential.secret.reveal())) == (32, 32)
    with pytest.raises(ConfigurationError, match="no form"):
        issue(act, consumer="acme")


def test_issued_id_is_taken(shop: SqlStore, sealer: Sealer, act: Act) -> None:
    """Another id is tried, and the key that has the first stays as it is."""
    first, _ = issue(replace(act, choose=choosing("a1")), consumer="acme", forms=SHORT)
    second, _ = issue(replace(act, choose=choosing("a2b3")), consumer="acme", forms=SHORT)
    assert (first.id, second.id) == ("a", "b")
    assert shop.get_access_key("a") == first
    assert sealer.open("b", second.sealed_secret) == Secret("3")


def test_every_issued_id_is_taken(act: Act) -> None:
    """The attempts end, with a remedy."""
    issue(replace(act, choose=choosing("a1")), consumer="acme", forms=SHORT)
    with pytest.raises(KeyStateError, match="longer form"):
        issue(replace(act, choose=choosing("a2" * 8)), consumer="acme", forms=SHORT)


PROPERTIES: dict[str, Any] = {
    "name": "the till's",
    "apis": ["shop"],
    "scopes": ["write", "read", "read"],
    "networks": ["192.0.2.0/24", "2001:DB8::1", "192.0.2.0/24"],
    "expires_at_ms": NOW_MS + 5,
    "rate_limit": "100/minute",
    "quota_day": 10,
    "quota_month": 100,
    "labels": {"team": "é", "a": ""},
}
KEPT = {
    **PROPERTIES,
    "apis": ("shop",),
    "scopes": ("read", "write"),
    "networks": ("192.0.2.0/24", "2001:db8::1/128"),
}


def has(key: AccessKey, properties: dict[str, Any]) -> bool:
    return {name: getattr(key, name) for name in properties} == properties


def test_properties_given_and_taken_away(shop: SqlStore, act: Act) -> None:
    """A key is issued and imported with them, and they are changed one by one; each change is a new version."""
    issued, _ = issue(act, consumer="acme", forms=FORMS, **PROPERTIES)
    imported = import_pair(act, Credential.of("k1", "s1"), consumer="acme", **PROPERTIES)
    assert has(issued, KEPT)
    assert has(imported, KEPT)
    assert update(act, "k1", **PROPERTIES) == imported
    changed = update(act, "k1", name=None, scopes=(), networks=(), labels={}, quota_day=None, rate_limit=None)
    bare = {"name": None, "scopes": (), "networks": (), "labels": {}, "quota_day": None, "rate_limit": None}
    assert has(changed, {**KEPT, **bare})
    assert changed == shop.get_access_key("k1")
    assert [imported.version, changed.version] == [1, 2]
    assert acts(shop) == ["access_key.issue", "access_key.import", "access_key.update"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"scopes": ["a b"]}, "scopes"),
        ({"scopes": [""]}, "scopes"),
        ({"scopes": [f"s{number}" for number in range(65)]}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"networks": ["192.0.2.1/24"]}, "networks"),
        ({"networks": ["somewhere"]}, "networks"),
        ({"networks": [f"192.0.2.{number}" for number in range(256)] + ["::1"]}, "networks"),
        ({"rate_limit": "many"}, "rate_limit"),
        ({"quota_day": -1}, "quota_day"),
        ({"quota_month": 10**16}, "quota_month"),
        ({"labels": {"": "x"}}, "labels"),
        ({"labels": {"a": "x\n"}}, "labels.a"),
        ({"labels": {f"l{number}": "" for number in range(65)}}, "labels"),
        ({"labels": None}, "labels"),
        ({"expires_at_ms": -1}, "expires_at_ms"),
    ],
)
def test_properties_that_cannot_be(shop: SqlStore, act: Act, key: AccessKey, changes: Any, place: str) -> None:
    """Each is refused by name, and nothing changes."""
    with pytest.raises(ConfigurationError) as caught:
        update(act, "k1", **changes)
    assert caught.value.place == place
    with pytest.raises(ConfigurationError):
        issue(act, consumer="acme", forms=FORMS, **changes)
    assert list(shop.list_access_keys()) == [key]


def test_an_api_that_cannot_use_the_key(shop: SqlStore, act: Act, key: AccessKey) -> None:
    """A key is not given to an API that could never verify with it; one that is not there is told."""
    shop.put_api(Api("bot", "*", "/bot", (SchemeChoice("discord"),)))
    with pytest.raises(ConfigurationError, match="API bot cannot use it"):
        update(act, "k1", apis=["bot", "shop"])
    with pytest.raises(NotFoundError, match="'nothing'"):
        update(act, "k1", apis=["nothing"])
    assert update(act, "k1", apis=[]).apis == ()


def test_audit_of_a_life(shop: SqlStore, act: Act) -> None:
    """Every act is there, in order, with what was before and after; and no secret in any form."""
    key, credential = issue(act, consumer="acme", apis=["shop"], name="till")
    for move in (disable, enable, enable, revoke):
        move(act, key.id)
    delete(act, key.id)
    log = list(entries(shop))
    assert [entry.act.partition(".")[2] for entry in log] == ["issue", "disable", "enable", "revoke", "delete"]
    assert {(entry.actor, entry.at_ms, entry.subject) for entry in log} == {("tester", NOW_MS, key.id)}
    assert [(entry.before or {}).get("status") for entry in log] == [None, "active", "disabled", "active", "revoked"]
    assert [(entry.after or {}).get("status") for entry in log] == ["active", "disabled", "active", "revoked", None]
    assert [(entry.after or {}).get("version") for entry in log] == [1, 2, 3, 4, None]
    written = str([entry.document() for entry in log])
    for hidden in (credential.secret.reveal().decode(), key.sealed_secret.hex(), str(key.sealed_secret)):
        assert hidden not in written


def test_deleted_only_after_revoking(shop: SqlStore, act: Act, key: AccessKey) -> None:
    """So that nobody deletes what is in use; and then the id is free."""
    for move in (enable, disable):
        move(act, "k1")
        with pytest.raises(KeyStateError, match="revoke, and then delete"):
            delete(act, "k1")
    revoke(act, "k1")
    delete(act, "k1")
    assert shop.find_access_key("k1") is None
    with pytest.raises(NotFoundError, match="'k1'"):
        delete(act, "k1")


@pytest.mark.parametrize("move", [disable, revoke, delete, lambda act, id: update(act, id, name="x")])
def test_version_that_is_not_the_one_expected(
    shop: SqlStore, act: Act, key: AccessKey, move: Callable[[Act, str], object]
) -> None:
    """Who has not seen the latest change changes nothing; who has seen it does."""
    update(act, "k1", name="seen")
    with pytest.raises(StaleVersionError, match="version 2, not 1"):
        move(replace(act, expected_version=1), "k1")
    assert shop.get_access_key("k1").version == 2
    disable(replace(act, expected_version=2), "k1")


def test_act_that_fails_leaves_no_entry(shop: SqlStore, act: Act, key: AccessKey) -> None:
    """An act and its entry are kept together, or neither."""
    revoke(act, "k1")
    before = acts(shop)
    with pytest.raises(KeyStateError):
        enable(act, "k1")
    with pytest.raises(ZeroDivisionError), shop.transaction():
        issue(act, consumer="acme", apis=["shop"])
        raise ZeroDivisionError
    assert acts(shop) == before
    assert [one.id for one in shop.list_access_keys()] == ["k1"]


@pytest.mark.parametrize(("consumer", "api"), [("nobody", "shop"), ("acme", "nothing")])
def test_issued_for_what_is_not_there(shop: SqlStore, act: Act, consumer: str, api: str) -> None:
    """A key is never kept without its consumer and its APIs."""
    with pytest.raises(NotFoundError):
        import_pair(act, Credential.of("k1", "s1"), consumer=consumer, apis=[api])
    assert shop.find_access_key("k1") is None


def test_imported(shop: SqlStore, sealer: Sealer, key: AccessKey) -> None:
    """An imported pair is kept with its own id and secret."""
    assert shop.get_access_key("k1") == key
    assert sealer.open("k1", key.sealed_secret) == Secret("s1")


def test_imported_twice(shop: SqlStore, sealer: Sealer, key: AccessKey) -> None:
    """An id that is taken is refused, and its key is not replaced."""
    with pytest.raises(KeyStateError, match="taken"):
        keep_pair(shop, sealer, Credential.of("k1", "other"))
    assert shop.get_access_key("k1") == key


@pytest.mark.parametrize("bad", ["", "a b", "a\n", "tab\t", "ü", "\x7f", "x" * 257, "\udcff"])
def test_imported_with_an_impossible_id(shop: SqlStore, sealer: Sealer, bad: str) -> None:
    """The error does not show the id, which may be a secret in the wrong place."""
    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        keep_pair(shop, sealer, Credential.of(bad, "s"))
    assert not bad.strip() or bad not in str(caught.value)


@pytest.mark.parametrize("length", [0, 4097])
def test_imported_with_an_impossible_secret(shop: SqlStore, sealer: Sealer, length: int) -> None:
    """A secret has 1 to 4096 bytes."""
    with pytest.raises(ConfigurationError, match=f"has {length} bytes"):
        keep_pair(shop, sealer, Credential.of("k", b"s" * length))


def test_imported_at_the_limits(shop: SqlStore, sealer: Sealer) -> None:
    """The longest id and secret, and any bytes in the secret, are kept."""
    credential = Credential.of("~" * 256, bytes(range(256)) * 16)
    keep_pair(shop, sealer, credential)
    kept = shop.get_access_key("~" * 256)
    assert sealer.open(kept.id, kept.sealed_secret) == credential.secret


Move = Callable[[Act, str], AccessKey]


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ([disable], KeyStatus.DISABLED),
        ([disable, disable], KeyStatus.DISABLED),
        ([enable], KeyStatus.ACTIVE),
        ([disable, enable], KeyStatus.ACTIVE),
        ([revoke], KeyStatus.REVOKED),
        ([revoke, revoke], KeyStatus.REVOKED),
        ([disable, revoke], KeyStatus.REVOKED),
    ],
)
def test_moved_through(shop: SqlStore, act: Act, key: AccessKey, moves: list[Move], status: KeyStatus) -> None:
    """Each allowed path ends where it should, and a repeated act changes nothing."""
    for move in moves:
        moved = move(act, key.id)
    assert moved == shop.get_access_key(key.id)
    assert moved.status is status


def test_act_that_changes_nothing(shop: SqlStore, act: Act, key: AccessKey) -> None:
    """No process reloads its keys for nothing, and there is nothing to tell."""
    before = shop.epoch()
    enable(act, key.id)
    expire_at(act, key.id, None)
    assert shop.epoch() == before
    assert acts(shop) == ["access_key.import"]


@pytest.mark.parametrize("move", [enable, disable, lambda act, id: expire_at(act, id, NOW_MS)])
def test_revoked_is_final(shop: SqlStore, act: Act, key: AccessKey, move: Move) -> None:
    """Nothing changes a revoked key."""
    revoked = revoke(act, key.id)
    with pytest.raises(KeyStateError, match="final"):
        move(act, key.id)
    assert shop.get_access_key(key.id) == revoked


@pytest.mark.parametrize("move", [enable, disable, revoke, update, lambda act, id: expire_at(act, id, NOW_MS)])
def test_no_such_key(act: Act, move: Move) -> None:
    """An unknown id is told as such."""
    with pytest.raises(NotFoundError, match="'k9'"):
        move(act, "k9")


def test_expiry_set_and_lifted(act: Act, key: AccessKey) -> None:
    """The key ends at the very millisecond, and can be given its life back."""
    ended = expire_at(act, key.id, NOW_MS)
    assert ended.is_usable(NOW_MS - 1)
    assert not ended.is_usable(NOW_MS)
    assert expire_at(act, key.id, None).is_usable(NOW_MS)


def test_all_of_a_consumer_revoked(shop: SqlStore, sealer: Sealer, act: Act, key: AccessKey) -> None:
    """Each with its entry; those of others stay."""
    keep_pair(shop, sealer, Credential.of("k2", "s2"), "shop")
    shop.put_consumer(Consumer("other"))
    import_pair(act, Credential.of("k3", "s3"), consumer="other")
    disable(act, "k2")
    assert (revoke_all(act, "acme"), revoke_all(act, "acme")) == (2, 0)
    assert [one.status for one in shop.list_access_keys()] == ["revoked", "revoked", "active"]
    assert acts(shop)[-2:] == ["access_key.revoke"] * 2
    with pytest.raises(NotFoundError, match="nobody"):
        revoke_all(act, "nobody")


@pytest.mark.parametrize("at_ms", [-1, 10**20])
def test_impossible_expiry(act: Act, key: AccessKey, at_ms: int) -> None:
    """A time that no store can keep is refused before it gets there."""
    with pytest.raises(ConfigurationError, match="1970"):
        expire_at(act, key.id, at_ms)


def test_resealed(shop: SqlStore, sealer: Sealer, key: AccessKey) -> None:
    """Afterwards the old sealing key is no longer needed, and a second run finds nothing to do."""
    old, new = SealingKey.of(b"k" * 32), SealingKey.of(b"n" * 32)
    assert reseal(act_on(shop, Sealer(new, [old]))) == 1
    assert reseal(act_on(shop, Sealer(new, [old]))) == 0
    assert Sealer(new).open(key.id, shop.get_access_key(key.id).sealed_secret) == Secret("s1")


def test_resealing_fails_half_way(shop: SqlStore, key: AccessKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """When one secret cannot be opened, those before it stay sealed anew; the next run goes on with the rest."""
    monkeypatch.setattr(sealing, "BATCH", 1)
    old, lost, new = (SealingKey.of(letter * 32) for letter in (b"k", b"l", b"n"))
    keep_pair(shop, Sealer(lost), Credential.of("k2", "s2"))
    keep_pair(shop, Sealer(old), Credential.of("k3", "s3"))
    with pytest.raises(UnsealingError):
        reseal(act_on(shop, Sealer(new, [old])))
    assert shop.get_access_key("k3").sealed_secret[1:9].hex() == old.id
    assert Sealer(new).open("k1", shop.get_access_key("k1").sealed_secret) == Secret("s1")
    seen: list[int] = []
    assert reseal(act_on(shop, Sealer(new, [old, lost])), seen.append) == 2
    assert seen == [1, 2, 3]
    assert Sealer(new).open("k3", shop.get_access_key("k3").sealed_secret) == Secret("s3")
