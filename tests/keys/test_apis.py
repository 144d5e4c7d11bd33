"""Acts on APIs: what cannot be guarded is refused when it is described."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StaleVersionError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.apis import create, delete, update
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.domain import Api, SchemeChoice
from sealstamp.keys.sealing import Sealer
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on, keep_pair

BANK = Api("bank", "*", "/bank", (SchemeChoice("bbx"),), scopes=("write", "read"))


@pytest.fixture
def url(path: Path) -> str:
    """In one database: what acts do is tried here; the store's own tests try each."""
    return f"sqlite:///{path}"


@pytest.fixture
def act(shop: SqlStore, sealer: Sealer) -> Act:
    return act_on(shop, sealer)


def test_a_life(shop: SqlStore, sealer: Sealer, act: Act) -> None:
    """Made, changed, and gone, each with its entry; a key stays without it."""
    made = create(act, replace(BANK, version=9))
    assert made == replace(BANK, scopes=("read", "write"), version=1) == shop.get_api("bank")
    assert update(act, BANK) == made
    changed = update(act, replace(BANK, host="api.example.com"))
    assert (changed.host, changed.version) == ("api.example.com", 2)
    keep_pair(shop, sealer, Credential.of("k1", "s1"), "bank", "shop")
    with pytest.raises(StaleVersionError, match="version 2, not 1"):
        delete(replace(act, expected_version=1), "bank")
    delete(act, "bank")
    assert shop.get_access_key("k1").apis == ("shop",)
    assert [entry.act for entry in entries(shop) if entry.subject == "bank"] == [
        *("api.create", "api.update", "api.delete"),
    ]
    *_, lost, _ = entries(shop)
    assert (lost.act, lost.subject) == ("access_key.update", "k1")
    assert (lost.before or {})["apis"] == ["bank", "shop"]
    assert (lost.after or {})["apis"] == ["shop"]
    assert (lost.after or {})["version"] == shop.get_access_key("k1").version == 2
    assert verify(shop).broken is None


def test_of_what_is_there_or_not(act: Act) -> None:
    create(act, BANK)
    with pytest.raises(KeyStateError, match="already"):
        create(act, BANK)
    for move in (update, lambda act, api: delete(act, api.name)):
        with pytest.raises(NotFoundError, match="'nothing'"):
            move(act, replace(BANK, name="nothing"))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": "a b"}, "name"),
        ({"host": "A"}, "host"),
        ({"path_prefix": "bank"}, "path_prefix"),
        ({"path_prefix": "/"}, "share host"),
        ({"upstream": "ftp://a"}, "upstream"),
        ({"schemes": ()}, "schemes"),
        ({"schemes": (SchemeChoice("bbx"), SchemeChoice("bbx"))}, "schemes"),
        ({"schemes": (SchemeChoice("nothing"),)}, "API bank"),
        ({"schemes": (SchemeChoice("stardust"),), "replay": ReplayBy.NONCE}, "API bank"),
        ({"response_profile": "nothing"}, "API bank"),
        ({"scopes": ("a b",)}, "scopes"),
    ],
)
def test_that_cannot_be_guarded(shop: SqlStore, act: Act, changes: Any, word: str) -> None:
    """It is told where, and the store is as it was."""
    with pytest.raises(ConfigurationError, match=word):
        create(act, replace(BANK, **changes))
    assert [api.name for api in shop.list_apis()] == ["shop"]
    create(act, BANK)
    if "name" not in changes:
        with pytest.raises(ConfigurationError, match=word):
            update(act, replace(BANK, **changes))
    assert shop.get_api("bank").version == 1
