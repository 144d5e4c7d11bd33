"""``sealstamp consumers``: who holds keys, from the outside."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Provider

PROPERTIES = (
    *("--email", "ops@example.com", "--parent", "acme", "--max-sub-keys", "3"),
    *("--quota-month", "7", "--label", "tier=gold"),
)


def test_life(provider: Provider) -> None:
    """Made, changed, suspended, enabled, deleted; each says what became of it."""
    made = provider("consumers", "create", "till", *PROPERTIES, "--json").json
    assert made == {
        "name": "till",
        "email": "ops@example.com",
        "labels": {"tier": "gold"},
        "parent": "acme",
        "plan": None,
        "status": "active",
        "max_sub_keys": 3,
        "quota_month": 7,
        "suspended_by_parent": False,
        "version": 1,
    }
    assert provider("consumers", "create", "other").out == "other made\n"
    assert (
        provider("consumers", "update", "till", "--quota-month", "8", "--clear", "email").out == "till is version 2\n"
    )
    for act, status in (("suspend", "suspended"), ("suspend", "suspended"), ("enable", "active")):
        assert provider("consumers", act, "till").out == f"till is {status}\n"
    changed = {**made, "email": None, "quota_month": 8, "version": 4}
    assert provider("consumers", "list", "--parent", "acme", "--json").json == [changed]
    rows = [line.split() for line in provider("consumers", "list").out.splitlines()]
    assert rows == [["NAME", "STATUS", "PARENT", "PLAN", "EMAIL"], ["acme", "active"], ["other", "active"], rows[-1]]
    assert rows[-1] == ["till", "active", "acme"]
    assert provider("consumers", "delete", "till", "--json").json == {"deleted": "till"}
    acts = [entry["act"] for entry in provider("audit", "list", "--subject", "till", "--json").json]
    assert acts[::-1] == [f"consumer.{act}" for act in ("create", "update", "suspend", "enable", "delete")]


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        (("create", "acme"), 1, "already"),
        (("create", "a b"), 2, "a b"),
        (("create", "new", "--email", "nobody"), 2, "--email"),
        (("create", "new", "--parent", "nobody"), 2, "nobody"),
        (("create", "new", "--max-sub-keys", "few"), 2, "--max-sub-keys"),
        (("update", "acme", "--parent", "acme"), 1, "stands below"),
        (("update", "acme", "--clear", "parent", "--parent", "b"), 2, "--clear"),
        (("update", "nobody"), 2, "nobody"),
        (("suspend", "nobody"), 2, "nobody"),
        (("revoke-keys", "nobody"), 2, "nobody"),
        (("delete", "nobody"), 2, "nobody"),
    ],
)
def test_what_cannot_be(provider: Provider, words: tuple[str, ...], code: int, word: str) -> None:
    """It is told where, with a hint, and nothing changes."""
    ran = provider("consumers", *words)
    assert (ran.code, ran.out) == (code, "")
    assert word in ran.problem
    assert [one["name"] for one in provider("consumers", "list", "--json").json] == ["acme"]


def test_held_keys_keep_it(provider: Provider) -> None:
    provider("keys", "issue", "--consumer", "acme", "--api", "shop")
    ran = provider("consumers", "delete", "acme")
    assert (ran.code, "holds access keys" in ran.problem) == (1, True)


def test_all_its_keys_revoked(provider: Provider) -> None:
    for _ in range(2):
        provider("keys", "issue", "--consumer", "acme", "--api", "shop")
    assert provider("consumers", "revoke-keys", "acme").out == "acme: 2 revoked\n"
    assert {one["status"] for one in provider("keys", "list", "--json").json} == {"revoked"}
    assert provider("consumers", "revoke-keys", "acme", "--json").json == {"revoked": 0}
