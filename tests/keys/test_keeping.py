"""What is kept of a key pair and of further secrets, and which APIs can use them."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.errors import ConfigurationError
from sealstamp.keys.acts.access_keys import disable, issue
from sealstamp.keys.acts.sealing import reseal
from sealstamp.keys.domain import Api, Consumer, KeyMaterial, SchemeChoice
from sealstamp.keys.keeping import credential_of
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.sealing import Sealer, SealingKey, UnsealingError
from sealstamp.keys.snapshot import take_snapshot
from sealstamp.schemes import get_scheme
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair
from tests.core.key_pairs import pair_for

PHRASED = Credential.of("k1", "secret", passphrase="open sesame")


@pytest.fixture
def books(store: SqlStore) -> SqlStore:
    for name, schemes in {"okx": ["okx-v5"], "bot": ["discord"], "bbx": ["bbx"], "both": ["bbx", "discord"]}.items():
        store.put_api(Api(name, "*", f"/{name}", tuple(map(SchemeChoice, schemes))))
    store.put_consumer(Consumer("acme"))
    return store


def test_further_secrets_are_sealed_each_for_its_name(books: SqlStore, sealer: Sealer) -> None:
    keep_pair(books, sealer, PHRASED, "okx")
    key = books.get_access_key("k1")
    assert credential_of(key, sealer) == PHRASED
    assert b"sesame" not in key.sealed_extras["passphrase"]
    for name in ("", "other"):
        with pytest.raises(UnsealingError):
            sealer.open("k1", key.sealed_extras["passphrase"], name)
    with pytest.raises(UnsealingError):
        sealer.open("k1", key.sealed_secret, "passphrase")
    assert "sesame" not in repr(key)


def test_resealing_takes_further_secrets_along(books: SqlStore, sealer: Sealer) -> None:
    keep_pair(books, sealer, PHRASED, "okx")
    new = SealingKey.of(b"n" * 32)
    assert reseal(act_on(books, Sealer(new, [SealingKey.of(b"k" * 32)]))) == 1
    assert credential_of(books.get_access_key("k1"), Sealer(new)) == PHRASED


def test_a_key_can_be_changed_and_forgotten_with_all_that_belongs_to_it(books: SqlStore, sealer: Sealer) -> None:
    keep_pair(books, sealer, PHRASED, "okx")
    disable(act_on(books, sealer), "k1")
    assert credential_of(books.get_access_key("k1"), sealer) == PHRASED
    books.delete_access_key("k1")
    keep_pair(books, sealer, Credential.of("k1", "secret"), "bbx")
    assert books.get_access_key("k1").sealed_extras == {}


def test_of_a_private_key_the_public_one_is_kept(books: SqlStore, sealer: Sealer) -> None:
    private, public = pair_for("ed25519")
    key = keep_pair(books, sealer, Credential.of("k1", private), "bot")
    assert key.material is KeyMaterial.PUBLIC_KEY
    assert books.get_access_key("k1") == key
    assert credential_of(key, sealer).secret.reveal() == public


def test_issuing_shows_the_private_key_and_keeps_the_public_one(books: SqlStore, sealer: Sealer) -> None:
    forms = get_scheme("discord").keys
    act = act_on(books, sealer, choose=lambda items: items[3])
    key, credential = issue(act, consumer="acme", forms=forms, apis=["bot"])
    assert credential.secret.reveal().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert credential_of(key, sealer).secret.reveal().startswith(b"-----BEGIN PUBLIC KEY-----")


@pytest.mark.parametrize(
    ("credential", "api", "problem"),
    [
        (Credential.of("k1", pair_for("ed25519")[1]), "bbx", "API bbx cannot use it: it is a key of a pair"),
        (Credential.of("k1", pair_for("rsa-v1_5-sha256")[1]), "bot", "API bot cannot use it: ed25519 needs a key"),
        (Credential.of("k1", "a secret"), "bot", "API bot cannot use it: this is not a key"),
        (Credential.of("k1", "a secret"), "okx", "API okx cannot use it: it has no passphrase"),
        (Credential.of("k1", "-----BEGIN PUBLIC KEY-----\nx"), "bot", "not a key that can be used"),
        (PHRASED, "bot", "API bot cannot use it"),
    ],
)
def test_what_an_api_cannot_use_is_refused(
    books: SqlStore, sealer: Sealer, credential: Credential, api: str, problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem) as caught:
        keep_pair(books, sealer, credential, api)
    assert books.find_access_key("k1") is None
    assert "sesame" not in str(caught.value)


def test_at_an_api_with_several_schemes_one_that_fits_is_enough(books: SqlStore, sealer: Sealer) -> None:
    """For the other scheme the key is there, and every signature by it is wrong."""
    keep_pair(books, sealer, Credential.of("shared", "secret"), "both")
    keep_pair(books, sealer, Credential.of("pair", pair_for("ed25519")[1]), "both")
    bbx, discord = take_snapshot(books, sealer, KeyCache(100)).by_name["both"].accepted
    for scheme, name, fits in [(bbx, b"shared", True), (bbx, b"pair", False), (discord, b"pair", True)]:
        key = scheme.find_key(name)
        assert key is not None
        assert (key.usable_until_ms > 0) is fits
