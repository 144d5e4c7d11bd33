"""What is left of a sub key by the keys of its issuer: never more than one of them may do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealstamp.keys.addresses import client_address, is_network_within, shared_networks
from sealstamp.keys.domain import AccessKey, Consumer, KeyStatus
from sealstamp.keys.in_force import HeldKey, in_force_at
from sealstamp.keys.limits import RateLimit, is_within, narrower, parse_rate_limit
from sealstamp.keys.plans import Plan
from sealstamp.keys.sub_keys import DISTRIBUTE, clipped, measured
from sealstamp.keys.terms import terms_of

OWN = AccessKey("own", b"", "dist", ("bank", "shop"), scopes=("read", DISTRIBUTE, "write"), created_at_ms=5)
SUB = AccessKey("sub", b"", "dist.a", ("bank", "shop"), scopes=("read",), issuer="dist", issuer_key="own")


@pytest.mark.parametrize(
    ("own", "sub", "left"),
    [
        ({}, {}, {"apis": ("bank", "shop"), "scopes": ("read",), "rate_limit": None}),
        ({"apis": ("shop",)}, {}, {"apis": ("shop",)}),
        ({}, {"scopes": ("admin", "read", DISTRIBUTE, "sealstamp:x")}, {"scopes": ("read",)}),
        ({"networks": ("10.0.0.0/8",)}, {}, {"networks": ("10.0.0.0/8",)}),
        ({"networks": ("10.0.0.0/8",)}, {"networks": ("10.1.0.0/16", "::/0")}, {"networks": ("10.1.0.0/16",)}),
        ({"networks": ("10.1.2.3/32",)}, {"networks": ("10.0.0.0/8",)}, {"networks": ("10.1.2.3/32",)}),
        ({"networks": ("10.0.0.0/8",)}, {"networks": ("11.0.0.0/8",)}, {"apis": (), "networks": ()}),
        ({"rate_limit": "5/second"}, {}, {"rate_limit": "5/second"}),
        ({"rate_limit": "5/second"}, {"rate_limit": "200/second"}, {"rate_limit": "5/second"}),
        ({"rate_limit": "5/second"}, {"rate_limit": "5/minute"}, {"rate_limit": "5/minute"}),
        ({"quota_day": 9, "quota_month": 90}, {"quota_month": 10}, {"quota_day": 9, "quota_month": 10}),
        ({"expires_at_ms": 7}, {}, {"expires_at_ms": 7}),
        ({"expires_at_ms": 7}, {"expires_at_ms": 6}, {"expires_at_ms": 6}),
    ],
)
def test_no_more_than_both_have(own: dict[str, object], sub: dict[str, object], left: dict[str, object]) -> None:
    key = clipped(replace(SUB, **sub), replace(OWN, **own))  # type: ignore[arg-type]
    assert {name: getattr(key, name) for name in left} == left


OWN_KEYS = [
    ([], KeyStatus.REVOKED, None),
    ([replace(OWN, scopes=("read",))], KeyStatus.REVOKED, None),
    ([replace(OWN, issuer="above")], KeyStatus.REVOKED, None),
    ([OWN, replace(OWN, id="later", created_at_ms=6, quota_day=1)], KeyStatus.ACTIVE, None),
    ([replace(OWN, id="a", quota_day=1), replace(OWN, id="b", created_at_ms=6, quota_day=2)], KeyStatus.ACTIVE, 2),
    ([replace(OWN, expires_at_ms=9), replace(OWN, id="lasting", quota_day=3)], KeyStatus.ACTIVE, 3),
    ([replace(OWN, id="lasting", apis=("bank",), quota_day=3), replace(OWN, quota_day=4)], KeyStatus.ACTIVE, 4),
]


@pytest.mark.parametrize(("own", "status", "quota_day"), OWN_KEYS)
def test_which_key_is_the_measure(own: list[AccessKey], status: KeyStatus, quota_day: int | None) -> None:
    """Of those that may distribute: what lasts longest, then what issued it, then the newest."""
    for keys in (own, own[::-1]):
        key = measured(SUB, "shop", keys)
        assert (key.status, key.quota_day) == (status, quota_day)


def test_no_key_for_the_api() -> None:
    assert measured(SUB, "bank", [replace(OWN, apis=("shop",))]).apis == ()


def test_plans_count_on_both_sides() -> None:
    """The issuer's scope may come from its plan; what the sub key's plan gives is measured too."""
    plans = {
        "reseller": Plan("reseller", (DISTRIBUTE, "read"), "10/second", consumer_quota_month=100),
        "basic": Plan("basic", ("admin", "read"), "50/second", quota_day=8),
    }
    line = [Consumer("dist.a", parent="dist", plan="basic"), Consumer("dist", plan="reseller")]
    own = replace(OWN, scopes=())
    key, counted = in_force_at(HeldKey(replace(SUB, scopes=()), line, plans, [own]), "shop")
    assert (key.scopes, key.rate_limit, key.quota_day, key.status) == (("read",), "10/second", 8, KeyStatus.ACTIVE)
    assert counted[1].quota_month == 100
    moved = [Consumer("dist.a", parent="other", plan="basic"), Consumer("other")]
    key, _ = in_force_at(HeldKey(SUB, moved, plans, [own]), "shop")
    assert key.status is KeyStatus.REVOKED


RATES = st.builds("{}/{}".format, st.integers(1, 200), st.sampled_from(["second", "minute", "hour", "day"]))
ADDRESSES = ["10.0.0.1", "10.1.0.1", "10.1.2.3", "11.0.0.1", "2001:db8::1", "2001:db8:1::1"]
NETWORKS = st.lists(
    st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "11.0.0.0/8", "2001:db8::/32", "2001:db8:1::/48"]),
    max_size=3,
    unique=True,
).map(tuple)
LIMITS = st.fixed_dictionaries(
    {
        "apis": st.sampled_from([(), ("bank",), ("shop",), ("bank", "shop")]),
        "scopes": st.lists(st.sampled_from(["read", "write", DISTRIBUTE]), unique=True).map(tuple),
        "networks": NETWORKS,
        "rate_limit": st.none() | RATES,
        "quota_day": st.none() | st.integers(0, 9),
        "quota_month": st.none() | st.integers(0, 9),
        "expires_at_ms": st.none() | st.integers(0, 9),
    }
)


@settings(max_examples=150, deadline=None)
@given(LIMITS, LIMITS)
def test_never_beyond_the_parent(own: dict[str, object], sub: dict[str, object]) -> None:
    """Whatever the sub key may do afterwards, both may do."""
    parent, child = replace(OWN, **own), replace(SUB, **sub)  # type: ignore[arg-type]
    key = clipped(child, parent)
    for other in (parent, child):
        assert set(key.apis) <= set(other.apis)
        assert set(key.scopes) <= set(other.scopes) - {DISTRIBUTE}
        for name in ("quota_day", "quota_month", "expires_at_ms"):
            most = getattr(other, name)
            assert most is None or getattr(key, name) <= most
        if other.rate_limit:
            assert key.rate_limit
            assert is_within(parse_rate_limit("", key.rate_limit), parse_rate_limit("", other.rate_limit))
        for text in ADDRESSES if key.apis else ():
            assert _admits(other, text) or not _admits(key, text)
    both = [text for text in ADDRESSES if _admits(parent, text) and _admits(child, text)]
    assert not key.apis or [text for text in ADDRESSES if _admits(key, text)] == both


def _admits(key: AccessKey, address: str) -> bool:
    terms = terms_of(replace(key, rate_limit=None), [])
    found = client_address(address)
    assert found is not None
    return terms is None or terms.networks is None or terms.networks.cover(found)


@settings(max_examples=100, deadline=None)
@given(RATES, RATES)
def test_narrower_of_two_rates(one: str, other: str) -> None:
    """It keeps to both, and is one of them where that keeps to the other."""
    first, second = parse_rate_limit("", one), parse_rate_limit("", other)
    found = narrower(first, second)
    assert found == narrower(second, first) or is_within(first, second)
    assert found.amount > 0
    assert is_within(found, first)
    assert is_within(found, second)
    if is_within(first, second):
        assert found == first


def test_rates_that_cross() -> None:
    assert narrower(RateLimit(5, 1_000), RateLimit(120, 60_000)) == RateLimit(2, 1_000)
    assert narrower(RateLimit(5, 1_000), RateLimit(59, 60_000)) == RateLimit(5, 60_000)


def test_networks_in_both() -> None:
    assert shared_networks((), ()) == ()
    assert shared_networks(("10.0.0.0/8",), ("10.0.0.0/8", "10.2.0.0/16")) == ("10.0.0.0/8", "10.2.0.0/16")
    assert shared_networks(("::ffff:10.0.0.0/104",), ("10.2.0.0/16",)) == ("10.2.0.0/16",)
    assert shared_networks(("0.0.0.0/0",), ("::/0",)) is None
    assert is_network_within("10.2.0.0/16", ["11.0.0.0/8", "10.0.0.0/8"])
    assert not is_network_within("0.0.0.0/0", ["10.0.0.0/8", "::/0"])
    assert is_network_within("::/0", [])
