"""Sub keys and customers of a distributor: within its limits, and nothing but its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError, StaleVersionError
from sealstamp.keys.acts import access_keys, consumers, plans, sub_consumers, sub_keys
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.rotation import rotate
from sealstamp.keys.addresses import client_address
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.distributors import distributor_of
from sealstamp.keys.domain import AccessKey, Api, Consumer, SchemeChoice
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.plans import Plan
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.snapshot import AcceptedScheme, Snapshot, renew_snapshot, take_snapshot
from sealstamp.keys.sub_keys import DISTRIBUTE
from sealstamp.keys.terms import Terms
from sealstamp.stores import tables
from sealstamp.stores.rows import access_key_values, consumer_values
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import SEALER, act_on

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(path: Path) -> str:
    """In one database: what acts do is tried here; what is BOTH in each."""
    return f"sqlite:///{path}"


@pytest.fixture
def act(shop: SqlStore, sealer: Sealer) -> Act:
    """With a second API, a distributor ``dist``, and ``acme``, which is not its."""
    shop.put_api(Api("bank", "*", "/bank", (SchemeChoice("bbx"),)))
    act = act_on(shop, sealer, now_ms=NOW_MS)
    consumers.create(act, "dist")
    return act


OWN = {"apis": ["shop"], "scopes": [DISTRIBUTE, "read", "write"], "networks": ["10.0.0.0/8"], "quota_day": 100}


def own_key(act: Act, **properties: Any) -> AccessKey:
    """A key of the distributor."""
    return access_keys.issue(act, consumer="dist", **{**OWN, **properties})[0]


@pytest.fixture
def by(act: Act) -> str:
    """The id of a key that may distribute, and a customer ``dist.a``."""
    key = own_key(act)
    sub_consumers.create(act, key.id, "dist.a")
    return key.id


def sub_key(act: Act, by: str, consumer: str = "dist.a", **properties: Any) -> AccessKey:
    return sub_keys.issue(act, by, consumer=consumer, **{"apis": ["shop"], **properties})[0]


def test_life(act: Act, by: str) -> None:
    """Issued, changed, suspended, resumed, rotated, revoked, deleted; the audit tells of each."""
    key = sub_key(act, by, scopes=["read"], rate_limit="5/second")
    assert (key.issuer, key.issuer_key, key.consumer) == ("dist", by, "dist.a")
    assert sub_keys.update(act, by, key.id, labels={"a": "b"}).labels == {"a": "b"}
    assert not sub_keys.suspend(act, by, key.id).is_usable(NOW_MS)
    with pytest.raises(KeyStateError, match="suspended"):
        sub_keys.rotate(act, by, key.id, 0)
    assert sub_keys.resume(act, by, key.id).is_usable(NOW_MS)
    new, _ = sub_keys.rotate(act, by, key.id, HOUR_MS)
    assert (new.issuer, new.scopes, new.rate_limit, new.replaces) == ("dist", ("read",), "5/second", key.id)
    with pytest.raises(KeyStateError, match="active"):
        sub_keys.delete(act, by, new.id)
    sub_keys.revoke(act, by, new.id)
    sub_keys.delete(act, by, new.id)
    assert verify(act.store).broken is None
    told = [entry.act for entry in entries(act.store) if entry.subject == key.id]
    assert told == [f"access_key.{name}" for name in ("issue", "update", "suspend", "resume", "rotate")]


def test_life_of_a_customer(act: Act, by: str) -> None:
    made = sub_consumers.create(act, by, "dist.b", email="b@example.com", quota_month=7)
    assert (made.parent, made.quota_month) == ("dist", 7)
    assert sub_consumers.update(act, by, "dist.b", labels={"a": "b"}).labels == {"a": "b"}
    assert not sub_consumers.suspend(act, by, "dist.b").is_active
    assert sub_consumers.resume(act, by, "dist.b").is_active
    with pytest.raises(StaleVersionError):
        sub_consumers.delete(replace(act, expected_version=1), by, "dist.b")
    sub_consumers.delete(act, by, "dist.b")
    told = [entry.act for entry in entries(act.store) if entry.subject == "dist.b"]
    assert told == [f"consumer.{name}" for name in ("create", "update", "suspend", "resume", "delete")]


def test_what_an_operator_stops_a_distributor_does_not_start(act: Act, by: str) -> None:
    """Both have to agree that a key may be used."""
    key = sub_key(act, by)
    access_keys.disable(act, key.id)
    consumers.suspend(act, "dist.a")
    sub_keys.suspend(act, by, key.id)
    assert not sub_keys.resume(act, by, key.id).is_active
    sub_consumers.suspend(act, by, "dist.a")
    assert not sub_consumers.resume(act, by, "dist.a").is_active
    assert access_keys.enable(act, key.id).is_active
    assert consumers.enable(act, "dist.a").is_active


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"apis": ["bank"]}, "apis"),
        ({"apis": ["nothing"]}, "apis"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": [DISTRIBUTE]}, "scopes"),
        ({"networks": ["11.0.0.0/8"]}, "networks"),
        ({"networks": ["10.0.0.0/7"]}, "networks"),
        ({"rate_limit": "11/second"}, "rate_limit"),
        ({"rate_limit": "601/minute"}, "rate_limit"),
        ({"quota_day": 101}, "quota_day"),
        ({"expires_at_ms": NOW_MS + 2 * HOUR_MS}, "expires_at_ms"),
        ({"plan": "gold"}, "plan"),
        ({"quota_day": -1}, "quota_day"),
    ],
)
def test_beyond_what_the_distributor_has(act: Act, properties: dict[str, Any], place: str) -> None:
    """It is refused when a sub key is issued, changed and rotated, and the place is told."""
    by = own_key(act, rate_limit="10/second", expires_at_ms=NOW_MS + HOUR_MS).id
    sub_consumers.create(act, by, "dist.a")
    key = sub_key(act, by, rate_limit="10/second", quota_day=100, networks=["10.9.0.0/16"])
    plans.create(act, Plan("gold"))
    for attempt in (
        lambda: sub_key(act, by, **properties),
        lambda: sub_keys.update(act, by, key.id, **properties),
        lambda: sub_keys.rotate(act, by, key.id, 0, **properties),
    ):
        with pytest.raises(ConfigurationError) as refused:
            attempt()
        assert refused.value.place == place
    assert [one.version for one in act.store.list_access_keys(issuer="dist")] == [1]


def test_api_whose_scheme_names_no_key(act: Act, by: str, shop: SqlStore) -> None:
    """Such an API has room for few keys, which one distributor must not take from all others."""
    shop.put_api(Api("shield", "*", "/shield", (SchemeChoice("bbx"), SchemeChoice("cdnetworks-api-shield"))))
    access_keys.update(act, by, apis=["shield", "shop"])
    key = sub_key(act, by)
    for attempt in (
        lambda: sub_key(act, by, apis=["shield", "shop"]),
        lambda: sub_keys.update(act, by, key.id, apis=["shield"]),
    ):
        with pytest.raises(ConfigurationError, match="name no key"):
            attempt()


def test_only_its_own(act: Act, by: str) -> None:
    """Keys and consumers of others are not there; nor are those that an operator made for a customer."""
    consumers.create(act, "acme.b", parent="acme")
    other = access_keys.issue(act, consumer="dist.a", apis=["shop"])[0].id
    for access_key_id in (other, by, "nothing"):
        for move in (sub_keys.update, sub_keys.suspend, sub_keys.resume, sub_keys.revoke, sub_keys.delete):
            with pytest.raises(NotFoundError, match="you have no sub key"):
                move(act, by, access_key_id)
        with pytest.raises(NotFoundError, match="you have no sub key"):
            sub_keys.rotate(act, by, access_key_id, 0)
    for name in ("acme", "acme.b", "dist", "nothing"):
        for act_on_it in (sub_consumers.update, sub_consumers.suspend, sub_consumers.resume, sub_consumers.delete):
            with pytest.raises(NotFoundError, match="you have no consumer"):
                act_on_it(act, by, name)
        with pytest.raises(NotFoundError, match="you have no consumer"):
            sub_key(act, by, consumer=name)
    for name in ("acme.c", "dist", "distant", "other"):
        with pytest.raises(ConfigurationError, match="is not below 'dist'"):
            sub_consumers.create(act, by, name)


def test_who_may_not_distribute(act: Act, by: str) -> None:
    """A key without the scope, ended, disabled, of a suspended consumer; and a sub key, whatever it has."""
    key = sub_key(act, by)
    access_keys.update(act, key.id, scopes=[DISTRIBUTE])
    plain = own_key(act, scopes=["read"])
    ended = own_key(act, expires_at_ms=NOW_MS)
    disabled = access_keys.disable(act, own_key(act).id)
    for one in (key, plain, ended, disabled):
        with pytest.raises(KeyStateError, match="no longer distribute"):
            sub_key(act, one.id)
    assert distributor_of(act.store.find_held_key("nothing"), NOW_MS) is None
    consumers.suspend(act, "dist")
    with pytest.raises(KeyStateError, match="no longer distribute"):
        sub_key(act, by)


def test_plans_that_may_be_given(act: Act, by: str) -> None:
    """Where there are any, every customer is on one of them, and a sub key may be on another of them."""
    for plan in (Plan("basic", quota_day=5), Plan("pro"), Plan("inner")):
        plans.create(act, plan)
    plans.create(act, Plan("reseller", sub_plans=("basic", "pro"), max_sub_keys=2, consumer_quota_month=50))
    consumers.update(act, "dist", plan="reseller")
    with pytest.raises(ConfigurationError, match="every customer is on one: basic, pro"):
        sub_key(act, by)
    with pytest.raises(ConfigurationError, match="'inner' is not yours"):
        sub_consumers.create(act, by, "dist.b", plan="inner")
    with pytest.raises(ConfigurationError, match="there is none"):
        sub_consumers.create(act, by, "dist.b")
    with pytest.raises(ConfigurationError, match="quota_month"):
        sub_consumers.create(act, by, "dist.b", plan="pro", quota_month=51)
    sub_consumers.create(act, by, "dist.b", plan="pro", quota_month=50)
    with pytest.raises(ConfigurationError, match="there is none"):
        sub_consumers.update(act, by, "dist.b", plan=None)
    sub_key(act, by, consumer="dist.b")
    key = sub_key(act, by, plan="basic")
    with pytest.raises(ConfigurationError, match="there is none"):
        sub_keys.update(act, by, key.id, plan=None)
    with pytest.raises(KeyStateError, match="you may have 2 sub keys"):
        sub_key(act, by, plan="basic")


def test_plan_that_an_operator_has_set(act: Act, by: str) -> None:
    """It also limits keys of the operator's, so a distributor does not change it, whatever plans it may give."""
    for plan in (Plan("tight", rate_limit="1/minute"), Plan("basic")):
        plans.create(act, plan)
    consumers.update(act, "dist.a", plan="tight")
    for plans_given in ((), ("basic",)):
        plans.create(act, Plan(f"reseller{len(plans_given)}", sub_plans=plans_given))
        consumers.update(act, "dist", plan=f"reseller{len(plans_given)}")
        for wanted in (None, "basic"):
            with pytest.raises(ConfigurationError, match="the provider has set 'tight'"):
                sub_consumers.update(act, by, "dist.a", plan=wanted)
        assert sub_consumers.update(act, by, "dist.a", plan="tight", email=None).plan == "tight"
        assert sub_key(act, by).plan is None


def test_cap(act: Act, by: str) -> None:
    """What is revoked, or was rotated and has ended, leaves its place; at the cap there is no grace."""
    consumers.update(act, "dist", max_sub_keys=2)
    first, second = sub_key(act, by), sub_key(act, by)
    with pytest.raises(KeyStateError, match="2 sub keys"):
        sub_key(act, by)
    with pytest.raises(KeyStateError, match="give no grace"):
        sub_keys.rotate(act, by, first.id, HOUR_MS)
    new, _ = sub_keys.rotate(act, by, first.id, 0)
    assert act.store.count_sub_keys("dist", NOW_MS) == 2
    with pytest.raises(ConfigurationError, match="was rotated"):
        sub_keys.update(act, by, first.id, expires_at_ms=None)
    sub_keys.revoke(act, by, second.id)
    third = sub_key(act, by, expires_at_ms=NOW_MS)
    with pytest.raises(KeyStateError, match="2 sub keys"):
        sub_key(act, by)
    sub_keys.revoke(act, by, third.id)
    sub_keys.rotate(act, by, new.id, HOUR_MS)
    assert act.store.count_sub_keys("dist", NOW_MS) == 2
    assert act.store.count_sub_keys("dist", NOW_MS + HOUR_MS) == 1


def test_cap_of_one_above(act: Act, by: str) -> None:
    """Who stands below a distributor, and distributes too, uses its places."""
    consumers.update(act, "dist", max_sub_keys=1)
    below = access_keys.issue(act, consumer="dist.a", **OWN)[0].id
    sub_consumers.create(act, below, "dist.a.x")
    sub_key(act, below, consumer="dist.a.x")
    for one, name in ((below, "dist.a.x"), (by, "dist.a")):
        with pytest.raises(KeyStateError, match="sub keys"):
            sub_key(act, one, consumer=name)


@BOTH
def test_racers_for_the_last_places(act: Act, by: str, url: str) -> None:
    """Of many that issue and rotate at once, over connections of their own, so many succeed as there are places."""
    consumers.update(act, "dist", max_sub_keys=5)
    first = sub_key(act, by)
    stores = [open_store(url) for _ in range(4)]

    def race(at: int) -> str:
        own = act_on(stores[at % 4], SEALER, now_ms=NOW_MS)
        try:
            if at % 5:
                return sub_key(own, by).id
            return sub_keys.rotate(own, by, first.id, HOUR_MS)[0].id
        except KeyStateError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        made = [one for one in pool.map(race, range(20)) if one]
    for store in stores:
        store.close()
    assert len(made) == 4
    assert act.store.count_sub_keys("dist", NOW_MS) == 5
    assert len(list(act.store.list_access_keys(issuer="dist"))) == 5


class Process:
    """What one process knows of the store, as time and changes go on."""

    def __init__(self, store: SqlStore, sealer: Sealer) -> None:
        self._store, self._sealer, self._cache = store, sealer, KeyCache(100)
        self._snapshot: Snapshot = take_snapshot(store, sealer, self._cache)

    def scheme(self, api: str) -> AcceptedScheme:
        self._snapshot = renew_snapshot(self._snapshot, self._store, self._sealer, self._cache)
        return self._snapshot.by_name[api].accepted[0]

    def state(self, key: AccessKey, api: str = "shop") -> str:
        scheme, named = self.scheme(api), key.id.encode()
        bound = scheme.find_cached(named) or scheme.find_key(named)
        assert bound is not None
        return "inactive" if bound.usable_until_ms <= NOW_MS else "active" if bound.permitted else "not permitted"

    def knows(self, key: AccessKey, api: str = "shop") -> bool:
        return self.scheme(api).find_cached(key.id.encode()) is not None


ENDS: dict[str, Callable[[Act, str], object]] = {
    "revoked": access_keys.revoke,
    "disabled": access_keys.disable,
    "ended": lambda act, by: access_keys.expire_at(act, by, NOW_MS),
    "scope taken": lambda act, by: access_keys.update(act, by, scopes=["read"]),
    "all keys revoked": lambda act, _: access_keys.revoke_all(act, "dist"),
    "consumer suspended": lambda act, _: consumers.suspend(act, "dist"),
    "customer suspended": lambda act, by: sub_consumers.suspend(act, by, "dist.a"),
    "customer moved": lambda act, _: consumers.update(act, "dist.a", parent=None),
}


@pytest.mark.parametrize("how", list(ENDS))
def test_the_parent_ends_them_all(act: Act, by: str, shop: SqlStore, sealer: Sealer, how: str) -> None:
    """However the parent ends, a sub key that a process knows leaves, and is refused."""
    key = sub_key(act, by)
    process = Process(shop, sealer)
    assert (process.state(key), process.knows(key)) == ("active", True)
    ENDS[how](act, by)
    assert (process.knows(key), process.state(key)) == (False, "inactive")


def test_another_key_keeps_them(act: Act, by: str, shop: SqlStore, sealer: Sealer) -> None:
    """As long as one key of the distributor covers them, sub keys work; rotating the distributor's changes nothing."""
    key = sub_key(act, by)
    process = Process(shop, sealer)
    new = rotate(act, by, 0)[0].id
    assert process.state(key) == "active"
    access_keys.revoke(act, by)
    second = own_key(act, apis=["bank", "shop"]).id
    access_keys.revoke(act, new)
    assert process.state(key) == "active"
    access_keys.update(act, second, apis=["bank"])
    assert process.state(key) == "not permitted"
    access_keys.delete(act, new)
    access_keys.revoke(act, second)
    assert process.state(key) == "inactive"
    own_key(act)
    assert process.state(key) == "active"


@BOTH
def test_what_is_taken_from_the_parent(act: Act, by: str, shop: SqlStore, sealer: Sealer) -> None:
    """Scopes, networks and limits of a sub key that a process knows follow the parent's."""
    plans.create(act, Plan("reseller", rate_limit="7/second"))
    key = sub_key(act, by, scopes=["read"], networks=["10.1.0.0/16"], quota_day=80)
    shop.put_api(Api("shop", "*", "/", (SchemeChoice("bbx"),), scopes=("read",)))
    process = Process(shop, sealer)
    assert process.state(key) == "active"
    assert _terms(process, key) == ([("key", 80)], "10.1.2.3", None)
    access_keys.update(act, by, quota_day=50, networks=["10.1.2.0/24"], plan="reseller")
    assert _terms(process, key) == ([("key", 50)], "10.1.2.3", 7)
    plans.update(act, Plan("reseller", rate_limit="3/second"))
    consumers.update(act, "dist", quota_month=9)
    assert _terms(process, key) == ([("key", 50), ("consumer", 9)], "10.1.2.3", 3)
    access_keys.update(act, by, networks=["10.2.0.0/16"])
    assert process.state(key) == "not permitted"
    access_keys.update(act, by, networks=[], scopes=[DISTRIBUTE])
    assert process.state(key) == "not permitted"


def _terms(process: Process, key: AccessKey) -> tuple[list[tuple[str, int]], str, int | None]:
    """The quotas, the first of some addresses that it may be used from, and its rate."""
    assert process.state(key) == "active"
    bound = process.scheme("shop").find_cached(key.id.encode())
    assert bound is not None
    terms: Terms = bound.terms
    assert terms.networks is not None
    found = [text for text in ("10.9.9.9", "10.1.2.3") if terms.networks.cover(client_address(text))]  # type: ignore[arg-type]
    quotas = [(quota.subject.partition(":")[0], quota.amount) for quota in terms.quotas]
    return quotas, found[0], None if terms.rate is None else terms.rate.amount


def test_a_key_that_moves_to_another_consumer(act: Act, by: str, shop: SqlStore, sealer: Sealer) -> None:
    """As an apply file can say: the sub keys of who held it before end."""
    key = sub_key(act, by)
    process = Process(shop, sealer)
    assert process.state(key) == "active"
    shop.update_access_key(replace(shop.get_access_key(by), consumer="acme"))
    assert process.state(key) == "inactive"


def test_many_customers(act: Act, by: str, shop: SqlStore, sealer: Sealer) -> None:
    """With more than a change can name, everything has changed."""
    key = sub_key(act, by)
    others = [AccessKey(f"k{number}", b"", f"dist.{number}", (), issuer="dist") for number in range(1_000)]
    with shop._changing() as connection:
        connection.execute(insert(tables.consumers), [consumer_values(Consumer(one.consumer)) for one in others])
        connection.execute(insert(tables.access_keys), [access_key_values(one) for one in others])
    process = Process(shop, sealer)
    assert process.state(key) == "active"
    access_keys.revoke(act, by)
    assert process.state(key) == "inactive"
