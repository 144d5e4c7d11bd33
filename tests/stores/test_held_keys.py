"""What a door reads of a key: all that says what it may do, and as much work where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event

from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyMaterial, KeyStatus, SchemeChoice
from sealstamp.keys.in_force import HeldKey
from sealstamp.keys.plans import Plan
from sealstamp.stores.sql import SqlStore

KEY = AccessKey("k1", b"sealed", "acme", ("shop",), KeyStatus.ACTIVE, 1)
FULL = replace(
    KEY,
    consumer="corner",
    apis=("alone", "shop"),
    sealed_extras={"passphrase": b"\x00\xff", "pin": b"2"},
    material=KeyMaterial.PUBLIC_KEY,
    scopes=("orders",),
    labels={"team": "é"},
    plan="silver",
)
GOLD = Plan("gold", scopes=("a", "b"), quota_day=9, consumer_quota_month=2**40, max_sub_keys=3, sub_plans=("silver",))
SILVER = Plan("silver", rate_limit="5/minute", version=4)


@pytest.fixture
def mall(shop: SqlStore) -> SqlStore:
    """A store with consumers below each other, and plans."""
    shop.put_api(Api("alone", "alone.example", "/", (SchemeChoice("bbx"),)))
    for plan in (GOLD, SILVER, Plan("unused")):
        shop.put_plan(plan)
    for consumer in (
        Consumer("floor", parent="acme", plan="gold"),
        Consumer("corner", "c@example.com", parent="floor"),
    ):
        shop.put_consumer(consumer)
    return shop


@contextmanager
def statements(store: SqlStore) -> Iterator[list[str]]:
    """Every statement that is run meanwhile."""
    seen: list[str] = []

    def note(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(store._engine, "before_cursor_execute", note)
    yield seen
    event.remove(store._engine, "before_cursor_execute", note)


def test_a_key_with_all_that_says_what_it_may_do(mall: SqlStore) -> None:
    """Its further secrets and APIs, its consumer and those above, its plan and theirs."""
    mall.add_access_key(FULL)
    line = [mall.get_consumer(name) for name in ("corner", "floor", "acme")]
    assert mall.find_held_key("k1") == HeldKey(FULL, line, {"gold": GOLD, "silver": SILVER})
    assert mall.list_candidates("alone", 5) == [mall.find_held_key("k1")]


def test_a_key_on_nothing(mall: SqlStore) -> None:
    mall.add_access_key(replace(KEY, apis=()))
    assert mall.find_held_key("k1") == HeldKey(replace(KEY, apis=()), [Consumer("acme")], {})


def test_candidates_have_their_own(mall: SqlStore) -> None:
    """No key gets what is another's."""
    mall.add_access_key(KEY)
    mall.add_access_key(replace(FULL, id="k2"))
    assert mall.list_candidates("shop", 5) == [mall.find_held_key("k1"), mall.find_held_key("k2")]
    assert mall.list_candidates("shop", 1) == [mall.find_held_key("k1")]


@pytest.mark.parametrize("wanted", ["k", "K1", "k10", "\x00", "", "\udcff", "k1\n", "x" * 300, "%", "k1' OR '1"])
def test_another_id(mall: SqlStore, wanted: str) -> None:
    """Not even one that stands before or behind a key's."""
    assert mall.find_held_key(wanted) is None
    mall.add_access_key(KEY)
    assert mall.find_held_key(wanted) is None


def test_an_unknown_id_takes_the_same_work(mall: SqlStore) -> None:
    """The very statements that a key takes, however little there is to be known of it."""
    mall.add_access_key(KEY)
    mall.add_access_key(replace(FULL, id="k2"))
    asked = {}
    for wanted in ("k1", "k2", "nobody"):
        with statements(mall) as asked[wanted]:
            mall.find_held_key(wanted)
    assert asked["k1"] == asked["k2"] == asked["nobody"]
    assert sum(statement.lstrip().startswith(("SELECT", "WITH")) for statement in asked["k1"]) == 2
