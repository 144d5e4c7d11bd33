"""Plans: what they may be, who is on them, and what a change of one does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StaleVersionError
from sealstamp.keys.acts import access_keys, consumers, plans
from sealstamp.keys.acts.act import Act
from sealstamp.keys.audit import entries
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.plans import Plan, consumer_on_plan, key_on_plan
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on

GOLD = Plan("gold", ("read", "write"), "100/minute", 1_000, 20_000, 50_000, 10, ("silver",))


@pytest.fixture
def act(shop: SqlStore) -> Act:
    return act_on(shop)


def test_plan_made_changed_and_deleted(act: Act) -> None:
    made = plans.create(act, Plan("silver", scopes=("write", "read", "read")))
    assert (made.scopes, made.version) == (("read", "write"), 1)
    changed = plans.update(act, replace(made, rate_limit="5/second"))
    assert (changed.version, act.store.get_plan("silver")) == (2, changed)
    assert plans.update(act, changed) == changed
    plans.delete(act, "silver")
    assert act.store.list_plans() == []
    found = [(entry.act, entry.subject) for entry in entries(act.store)]
    assert found == [("plan.create", "silver"), ("plan.update", "silver"), ("plan.delete", "silver")]


def test_plan_that_is_there_or_is_not(act: Act) -> None:
    plans.create(act, Plan("silver"))
    with pytest.raises(KeyStateError, match="already"):
        plans.create(act, Plan("silver"))
    with pytest.raises(NotFoundError, match="no plan 'gold'"):
        plans.update(act, GOLD)
    with pytest.raises(NotFoundError, match="no plan 'none'"):
        plans.create(act, Plan("gold", sub_plans=("none",)))
    with pytest.raises(StaleVersionError, match="plan 'silver' has changed"):
        plans.update(replace(act, expected_version=7), Plan("silver", quota_day=1))
    with pytest.raises(StaleVersionError):
        plans.delete(replace(act, expected_version=7), "silver")


def test_plan_in_use_is_not_deleted(act: Act) -> None:
    plans.create(act, Plan("silver"))
    plans.create(act, GOLD)
    with pytest.raises(KeyStateError, match="plan 'gold' gives plan 'silver'"):
        plans.delete(act, "silver")
    consumers.update(act, "acme", plan="gold")
    with pytest.raises(KeyStateError, match="still on plan"):
        plans.delete(act, "gold")
    consumers.update(act, "acme", plan=None)
    plans.delete(act, "gold")


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        (Plan("no name"), "cannot be a name"),
        (Plan("a", scopes=("two words",)), "cannot be a scope"),
        (Plan("a", rate_limit="fast"), "is not a rate limit"),
        (Plan("a", quota_day=-1), "cannot be a limit"),
        (Plan("a", max_sub_keys=10**16), "cannot be a limit"),
        (Plan("a", sub_plans=("b c",)), "cannot be a name"),
    ],
)
def test_plan_that_cannot_be(act: Act, plan: Plan, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        plans.create(act, plan)
    assert act.store.list_plans() == []


def test_nobody_is_put_on_a_plan_that_is_not_there(act: Act) -> None:
    with pytest.raises(NotFoundError, match="no plan 'gold'"):
        consumers.update(act, "acme", plan="gold")
    with pytest.raises(NotFoundError, match="no plan 'gold'"):
        access_keys.issue(act, consumer="acme", apis=["shop"], plan="gold")
    assert list(act.store.list_access_keys()) == []


def test_own_limits_count_before_those_of_the_plan() -> None:
    key = AccessKey("k1", b"", "acme", ("shop",), scopes=("admin",), quota_day=5)
    on_plan = key_on_plan(key, GOLD)
    assert on_plan.scopes == ("admin", "read", "write")
    assert (on_plan.rate_limit, on_plan.quota_day, on_plan.quota_month) == ("100/minute", 5, 20_000)
    consumer = consumer_on_plan(Consumer("acme", max_sub_keys=0), GOLD)
    assert (consumer.max_sub_keys, consumer.quota_month) == (0, 50_000)
