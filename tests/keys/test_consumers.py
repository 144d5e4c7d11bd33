"""Consumers: made, changed, put below each other, suspended, deleted; and what the audit says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StaleVersionError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.consumers import MOST_LEVELS, create, delete, enable, ensure, suspend, update
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.domain import Consumer, ConsumerStatus
from sealstamp.keys.sealing import Sealer
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair


@pytest.fixture
def url(path: Path) -> str:
    """In one database: what acts do is tried here; the store's own tests try each."""
    return f"sqlite:///{path}"


@pytest.fixture
def act(shop: SqlStore) -> Act:
    return act_on(shop, now_ms=5)


def told(store: SqlStore) -> list[tuple[str, str]]:
    assert verify(store).broken is None
    return [(entry.act, entry.subject) for entry in entries(store)]


def test_made_and_changed(shop: SqlStore, act: Act) -> None:
    """Each change is a new version; what is not named stays."""
    made = create(act, "till", email="ops@example.com", labels={"b": "1", "a": ""}, parent="acme", max_sub_keys=3)
    assert made == Consumer("till", "ops@example.com", {"a": "", "b": "1"}, "acme", max_sub_keys=3)
    changed = update(act, "till", email=None, quota_month=7)
    assert changed == replace(made, email=None, quota_month=7, version=2)
    assert update(act, "till", quota_month=7) == changed == shop.get_consumer("till")
    assert told(shop) == [("consumer.create", "till"), ("consumer.update", "till")]
    last = list(entries(shop))[-1]
    assert (last.before or {})["email"] == "ops@example.com"
    assert (last.after or {})["email"] is None


def test_made_once(shop: SqlStore, act: Act) -> None:
    """A name that is taken is refused; to have a consumer, made or not, there is another way."""
    with pytest.raises(KeyStateError, match="already"):
        create(act, "acme")
    assert ensure(act, "acme") == Consumer("acme")
    assert ensure(act, "new") == Consumer("new")
    assert told(shop) == [("consumer.create", "new")]
    with pytest.raises(ConfigurationError):
        ensure(act, "not a name")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"email": "nobody"}, "email"),
        ({"labels": {"a b": ""}}, "labels"),
        ({"labels": None}, "labels"),
        ({"parent": "not a name"}, "parent"),
        ({"plan": ""}, "plan"),
        ({"max_sub_keys": -1}, "max_sub_keys"),
        ({"quota_month": 10**16}, "quota_month"),
    ],
)
def test_properties_that_cannot_be(shop: SqlStore, act: Act, changes: Any, place: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        update(act, "acme", **changes)
    assert caught.value.place == place
    with pytest.raises(ConfigurationError):
        create(act, "new", **changes)
    assert shop.list_consumers() == [Consumer("acme")]


def test_below_itself(shop: SqlStore, act: Act) -> None:
    """Nobody stands below itself, at any distance; nor below nobody."""
    create(act, "b", parent="acme")
    create(act, "c", parent="b")
    for parent in ("acme", "c"):
        with pytest.raises(KeyStateError, match="stands below"):
            update(act, "acme", parent=parent)
    with pytest.raises(NotFoundError, match="'nobody'"):
        update(act, "acme", parent="nobody")
    with pytest.raises(NotFoundError, match="'nobody'"):
        create(act, "d", parent="nobody")


def test_too_many_levels(act: Act) -> None:
    """Of a line of consumers the length is limited, whichever end is put below the other."""
    above = "acme"
    for number in range(2, MOST_LEVELS + 1):
        above = create(act, f"c{number}", parent=above).name
    with pytest.raises(KeyStateError, match="stand below"):
        create(act, "c9", parent=above)
    create(act, "top")
    with pytest.raises(KeyStateError, match="stand below"):
        update(act, "acme", parent="top")
    update(act, "c2", parent="top")


def test_suspended_and_enabled(shop: SqlStore, act: Act) -> None:
    """What is already so is no change."""
    assert suspend(act, "acme").status is ConsumerStatus.SUSPENDED
    assert suspend(act, "acme").version == 2
    assert enable(act, "acme") == replace(Consumer("acme"), version=3) == shop.get_consumer("acme")
    assert told(shop) == [("consumer.suspend", "acme"), ("consumer.enable", "acme")]


def test_deleted(shop: SqlStore, sealer: Sealer, act: Act) -> None:
    """Not while it holds keys or has consumers below it."""
    create(act, "below", parent="acme")
    with pytest.raises(KeyStateError, match="below it"):
        delete(act, "acme")
    delete(act, "below")
    keep_pair(shop, sealer, Credential.of("k1", "s1"), "shop")
    with pytest.raises(KeyStateError, match="holds access keys"):
        delete(act, "acme")
    shop.delete_access_key("k1")
    with pytest.raises(StaleVersionError):
        delete(replace(act, expected_version=2), "acme")
    delete(replace(act, expected_version=1), "acme")
    assert shop.list_consumers() == []
    for move in (delete, suspend, enable, update):
        with pytest.raises(NotFoundError, match="'acme'"):
            move(act, "acme")
