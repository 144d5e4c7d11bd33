from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import pytest

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.forms import Form
from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError
from sealstamp.keys.domain import AccessKey, KeyStatus
from sealstamp.keys.lifecycle import disable, enable, expire_at, import_pair, issue, reseal, revoke
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.sealing import Sealer, SealingKey, UnsealingError

NOW_MS = 1_800_000_000_000
HEX = Form.parse("hex 32")


def choosing(letters: str) -> Callable[[Sequence[str]], str]:
    """Choose one given letter after the other."""
    given = iter(letters)
    return lambda _alphabet: next(given)


@pytest.fixture
def key(shop: KeyStore, sealer: Sealer) -> AccessKey:
    return import_pair(shop, sealer, Credential.of("k1", "s1"), consumer="acme", apis=["shop"], now_ms=NOW_MS)


def test_issued(shop: KeyStore, sealer: Sealer) -> None:
    """The store has the key, and its sealed secret is the credential's."""
    key, credential = issue(
        shop,
        sealer,
        consumer="acme",
        apis=["shop"],
        id_form=HEX,
        secret_form=Form.parse("base62 40"),
        choose=secrets.choice,
        now_ms=NOW_MS,
        expires_at_ms=NOW_MS + 1,
    )
    assert shop.get_access_key(credential.access_key_id) == key
    assert sealer.open(key.id, key.sealed_secret) == credential.secret
    assert (len(key.id), len(credential.secret.reveal())) == (32, 40)
    assert (key.created_at_ms, key.expires_at_ms, key.status) == (NOW_MS, NOW_MS + 1, KeyStatus.ACTIVE)
    assert key.is_usable(NOW_MS)
    assert not key.is_usable(NOW_MS + 1)


def issue_short(store: KeyStore, sealer: Sealer, letters: str) -> AccessKey:
    form = Form.parse("hex 1")
    key, _ = issue(
        store,
        sealer,
        consumer="acme",
        apis=["shop"],
        id_form=form,
        secret_form=form,
        choose=choosing(letters),
        now_ms=NOW_MS,
    )
    return key


def test_issued_id_is_taken(shop: KeyStore, sealer: Sealer) -> None:
    """Another id is tried, and the key that has the first stays as it is."""
    first = issue_short(shop, sealer, "a1")
    second = issue_short(shop, sealer, "a2b3")
    assert (first.id, second.id) == ("a", "b")
    assert shop.get_access_key("a") == first
    assert sealer.open("b", second.sealed_secret) == Secret("3")


def test_every_issued_id_is_taken(shop: KeyStore, sealer: Sealer) -> None:
    """The attempts end, with a remedy."""
    issue_short(shop, sealer, "a1")
    with pytest.raises(KeyStateError, match="longer form"):
        issue_short(shop, sealer, "a2" * 8)


@pytest.mark.parametrize(("consumer", "api"), [("nobody", "shop"), ("acme", "nothing")])
def test_issued_for_what_is_not_there(shop: KeyStore, sealer: Sealer, consumer: str, api: str) -> None:
    """A key is never kept without its consumer and its APIs."""
    with pytest.raises(NotFoundError):
        import_pair(shop, sealer, Credential.of("k1", "s1"), consumer=consumer, apis=[api], now_ms=NOW_MS)
    assert shop.find_access_key("k1") is None


def test_imported(shop: KeyStore, sealer: Sealer, key: AccessKey) -> None:
    """An imported pair is kept with its own id and secret."""
    assert shop.get_access_key("k1") == key
    assert sealer.open("k1", key.sealed_secret) == Secret("s1")


def test_imported_twice(shop: KeyStore, sealer: Sealer, key: AccessKey) -> None:
    """An id that is taken is refused, and its key is not replaced."""
    with pytest.raises(KeyStateError, match="taken"):
        import_pair(shop, sealer, Credential.of("k1", "other"), consumer="acme", apis=[], now_ms=NOW_MS)
    assert shop.get_access_key("k1") == key


@pytest.mark.parametrize("bad", ["", "a b", "a\n", "tab\t", "ü", "\x7f", "x" * 257, "\udcff"])
def test_imported_with_an_impossible_id(shop: KeyStore, sealer: Sealer, bad: str) -> None:
    """The error does not show the id, which may be a secret in the wrong place."""
    with pytest.raises(ConfigurationError, match="visible ASCII") as caught:
        import_pair(shop, sealer, Credential.of(bad, "s"), consumer="acme", apis=[], now_ms=NOW_MS)
    assert not bad.strip() or bad not in str(caught.value)


@pytest.mark.parametrize("length", [0, 4097])
def test_imported_with_an_impossible_secret(shop: KeyStore, sealer: Sealer, length: int) -> None:
    """A secret has 1 to 4096 bytes."""
    with pytest.raises(ConfigurationError, match=f"has {length} bytes"):
        import_pair(shop, sealer, Credential.of("k", b"s" * length), consumer="acme", apis=[], now_ms=NOW_MS)


def test_imported_at_the_limits(shop: KeyStore, sealer: Sealer) -> None:
    """The longest id and secret, and any bytes in the secret, are kept."""
    credential = Credential.of("~" * 256, bytes(range(256)) * 16)
    import_pair(shop, sealer, credential, consumer="acme", apis=[], now_ms=NOW_MS)
    kept = shop.get_access_key("~" * 256)
    assert sealer.open(kept.id, kept.sealed_secret) == credential.secret


Act = Callable[[KeyStore, str], AccessKey]


@pytest.mark.parametrize(
    ("acts", "status"),
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
def test_moved_through(shop: KeyStore, key: AccessKey, acts: list[Act], status: KeyStatus) -> None:
    """Each allowed path ends where it should, and a repeated act changes nothing."""
    for act in acts:
        moved = act(shop, key.id)
    assert moved == shop.get_access_key(key.id)
    assert moved.status is status


def test_act_that_changes_nothing(shop: KeyStore, key: AccessKey) -> None:
    """No process reloads its keys for nothing."""
    before = shop.epoch()
    enable(shop, key.id)
    expire_at(shop, key.id, None)
    assert shop.epoch() == before


@pytest.mark.parametrize("act", [enable, disable, lambda store, id: expire_at(store, id, NOW_MS)])
def test_revoked_is_final(shop: KeyStore, key: AccessKey, act: Act) -> None:
    """Nothing changes a revoked key."""
    revoked = revoke(shop, key.id)
    with pytest.raises(KeyStateError, match="final"):
        act(shop, key.id)
    assert shop.get_access_key(key.id) == revoked


@pytest.mark.parametrize("act", [enable, disable, revoke, lambda store, id: expire_at(store, id, NOW_MS)])
def test_no_such_key(shop: KeyStore, act: Act) -> None:
    """An unknown id is told as such."""
    with pytest.raises(NotFoundError, match="'k9'"):
        act(shop, "k9")


def test_expiry_set_and_lifted(shop: KeyStore, key: AccessKey) -> None:
    """The key ends at the very millisecond, and can be given its life back."""
    ended = expire_at(shop, key.id, NOW_MS)
    assert ended.is_usable(NOW_MS - 1)
    assert not ended.is_usable(NOW_MS)
    assert expire_at(shop, key.id, None).is_usable(NOW_MS)


@pytest.mark.parametrize("at_ms", [-1, 10**20])
def test_impossible_expiry(shop: KeyStore, key: AccessKey, at_ms: int) -> None:
    """A time that no store can keep is refused before it gets there."""
    with pytest.raises(ConfigurationError, match="1970"):
        expire_at(shop, key.id, at_ms)


def test_resealed(shop: KeyStore, sealer: Sealer, key: AccessKey) -> None:
    """Afterwards the old sealing key is no longer needed, and a second run finds nothing to do."""
    old, new = SealingKey.of(b"k" * 32), SealingKey.of(b"n" * 32)
    assert reseal(shop, Sealer(new, [old])) == 1
    assert reseal(shop, Sealer(new, [old])) == 0
    assert Sealer(new).open(key.id, shop.get_access_key(key.id).sealed_secret) == Secret("s1")


def test_resealing_fails_half_way(shop: KeyStore, sealer: Sealer, key: AccessKey) -> None:
    """When one secret cannot be opened, no other is sealed anew."""
    lost = Sealer(SealingKey.of(b"l" * 32))
    import_pair(shop, lost, Credential.of("k2", "s2"), consumer="acme", apis=[], now_ms=NOW_MS)
    with pytest.raises(UnsealingError):
        reseal(shop, Sealer(SealingKey.of(b"n" * 32), [SealingKey.of(b"k" * 32)]))
    assert shop.get_access_key("k1") == key
