"""Rotation in one call: a new pair with what the old key may do, and an end for the old one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sealstamp.core.credential import Credential
from sealstamp.errors import ConfigurationError, KeyStateError, StaleVersionError
from sealstamp.keys.acts.access_keys import delete, disable, revoke, update
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.rotation import rotate
from sealstamp.keys.attributes import check_grace
from sealstamp.keys.audit import entries
from sealstamp.keys.domain import AccessKey
from sealstamp.keys.keeping import credential_of
from sealstamp.keys.rules import LATEST_MS
from sealstamp.keys.sealing import Sealer
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def url(path: Path) -> str:
    """In one database: what acts do is tried here; the store's own tests try each."""
    return f"sqlite:///{path}"


@pytest.fixture
def act(shop: SqlStore, sealer: Sealer) -> Act:
    return act_on(shop, sealer, now_ms=NOW_MS)


@pytest.fixture
def old(act: Act, shop: SqlStore, sealer: Sealer) -> AccessKey:
    keep_pair(shop, sealer, Credential.of("old", "s1"), "shop", now_ms=NOW_MS - 5)
    return update(act, "old", name="till", scopes=["a"], networks=["::1"], rate_limit="5/second", labels={"a": "b"})


def test_rotated(shop: SqlStore, sealer: Sealer, act: Act, old: AccessKey) -> None:
    """The new key may do what the old one may, which ends when the grace is over; each tells of the other."""
    new, credential = rotate(act, "old", HOUR_MS)
    ended = shop.get_access_key("old")
    assert (ended.expires_at_ms, ended.replaced_by, ended.version) == (NOW_MS + HOUR_MS, new.id, old.version + 1)
    assert ended.is_usable(NOW_MS + HOUR_MS - 1)
    assert not ended.is_usable(NOW_MS + HOUR_MS)
    assert shop.get_access_key(new.id) == new
    assert credential_of(new, sealer) == credential
    assert new.id != "old"
    same = {"id": "old", "sealed_secret": old.sealed_secret, "created_at_ms": NOW_MS - 5, "replaces": None}
    assert replace(new, **same, version=old.version) == old  # type: ignore[arg-type]
    assert (new.replaces, new.replaced_by, new.created_at_ms, new.version) == ("old", None, NOW_MS, 1)
    assert [(one.act, one.subject) for one in entries(shop)][-2:] == [
        ("access_key.rotate", "old"),
        ("access_key.issue", new.id),
    ]


def test_without_grace(shop: SqlStore, act: Act, old: AccessKey) -> None:
    """The old one ends at once."""
    rotate(act, "old", 0)
    assert not shop.get_access_key("old").is_usable(NOW_MS)


@pytest.mark.parametrize(
    ("ends_at_ms", "grace_ms", "expected"),
    [
        (NOW_MS + 5, HOUR_MS, NOW_MS + 5),
        (NOW_MS + 2 * HOUR_MS, HOUR_MS, NOW_MS + HOUR_MS),
        (None, 10**18, LATEST_MS),
    ],
)
def test_never_ends_later_than_it_would_have(
    shop: SqlStore, act: Act, old: AccessKey, ends_at_ms: int | None, grace_ms: int, expected: int
) -> None:
    """Grace is no way to a longer life; the new key has the old one's end, unless another is given."""
    update(act, "old", expires_at_ms=ends_at_ms)
    new, _ = rotate(act, "old", grace_ms)
    assert shop.get_access_key("old").expires_at_ms == expected
    assert new.expires_at_ms == ends_at_ms
    newer, _ = rotate(act, new.id, grace_ms, expires_at_ms=NOW_MS + 10 * HOUR_MS, name="other")
    assert (newer.expires_at_ms, newer.name, newer.scopes) == (NOW_MS + 10 * HOUR_MS, "other", ("a",))


def test_the_holders_own_pair(shop: SqlStore, sealer: Sealer, act: Act, old: AccessKey) -> None:
    """The new pair may be one that its holder has made."""
    made = Credential.of("mine", "s2")
    new, credential = rotate(act, "old", 0, credential=made)
    assert (new.id, credential, credential_of(new, sealer)) == ("mine", made, made)


@pytest.mark.parametrize("move", [disable, revoke])
def test_key_that_is_not_active(act: Act, old: AccessKey, move: object) -> None:
    """Rotation brings no key back."""
    move(act, "old")  # type: ignore[operator]
    with pytest.raises(KeyStateError, match="issue a new one"):
        rotate(act, "old", 0)


def test_key_that_has_ended(act: Act, old: AccessKey) -> None:
    rotate(act, "old", 0)
    with pytest.raises(KeyStateError, match="has ended"):
        rotate(act, "old", 0)


def test_rotated_twice(shop: SqlStore, act: Act, old: AccessKey) -> None:
    """A key has one successor; while there is none any more, it can be rotated again."""
    new, _ = rotate(act, "old", HOUR_MS)
    with pytest.raises(KeyStateError, match=f"rotate '{new.id}'"):
        rotate(act, "old", HOUR_MS)
    revoke(act, new.id)
    delete(act, new.id)
    newer, _ = rotate(act, "old", HOUR_MS)
    assert shop.get_access_key("old").replaced_by == newer.id


def test_refused_as_a_whole(shop: SqlStore, act: Act, old: AccessKey) -> None:
    """When the new pair cannot be kept, the old key does not end."""
    with pytest.raises(KeyStateError, match="taken"):
        rotate(act, "old", 0, credential=Credential.of("old", "s2"))
    with pytest.raises(StaleVersionError):
        rotate(replace(act, expected_version=1), "old", 0)
    with pytest.raises(ConfigurationError, match="less than nothing"):
        rotate(act, "old", -1)
    assert list(shop.list_access_keys()) == [old]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("15m", 900_000),
        ("15 min", 900_000),
        ("1h", HOUR_MS),
        ("24h", 24 * HOUR_MS),
        ("7d", 168 * HOUR_MS),
        ("90 s", 90_000),
        ("5ms", 5),
    ],
)
def test_grace_as_it_is_written(text: str, ms: int) -> None:
    assert check_grace("--grace", text) == ms


@pytest.mark.parametrize("text", ["", "1", "-1h", "h", "1 month", "1.5h", "m", "1e3s"])
def test_grace_that_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--grace"):
        check_grace("--grace", text)
