"""Consumers over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.managing import Manager

ALL = "/v1/consumers"


def test_life(operator: Manager, viewer: Manager) -> None:
    """Made, changed, suspended, enabled, deleted."""
    made = operator.call("POST", ALL, {"name": "corp", "email": "it@corp.example", "labels": {"tier": "gold"}})
    assert (made.status, made.header("location"), made.json["email"]) == (201, f"{ALL}/corp", "it@corp.example")
    assert operator.call("POST", ALL, {"name": "corp"}).code == "conflict"
    changed = operator.call(
        "PATCH", f"{ALL}/corp", {"email": None, "quota_month": 9}, {"if-match": made.header("etag")}
    )
    assert (changed.json["email"], changed.json["quota_month"], changed.header("etag")) == (None, 9, '"2"')
    assert operator.call("POST", f"{ALL}/corp/suspend").json["status"] == "suspended"
    assert operator.call("POST", f"{ALL}/corp/enable").json["status"] == "active"
    assert viewer.get(f"{ALL}/corp").json["version"] == 4
    assert operator.call("DELETE", f"{ALL}/corp").status == 204
    assert viewer.get(f"{ALL}/corp").code == "not_found"


def test_all_its_keys_revoked(operator: Manager, viewer: Manager) -> None:
    operator.call("POST", ALL, {"name": "leaky"})
    made = [operator.call("POST", "/v1/access-keys", {"consumer": "leaky", "apis": ["shop"]}) for _ in range(2)]
    assert operator.call("POST", f"{ALL}/leaky/revoke-keys").json == {"revoked": 2}
    key = viewer.get(f"/v1/access-keys/{made[0].json['access_key_id']}")
    assert key.json["status"] == "revoked"
    assert operator.call("POST", f"{ALL}/nobody/revoke-keys").code == "not_found"


def test_below_each_other(operator: Manager, viewer: Manager) -> None:
    """A list of those below one; a consumer with others below it stays."""
    for name, parent in (("top", None), ("mid", "top"), ("low", "mid")):
        assert operator.call("POST", ALL, {"name": name, "parent": parent}).status == 201
    assert [one["name"] for one in viewer.get(f"{ALL}?parent=top").json["items"]] == ["mid"]
    assert operator.call("DELETE", f"{ALL}/top").code == "conflict"
    assert operator.call("PATCH", f"{ALL}/top", {"parent": "low"}, {"if-match": "*"}).code == "conflict"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"name": "a b"}, "invalid_request"),
        ({"name": "x", "email": "no"}, "invalid_value"),
        ({"name": "x", "parent": "nobody"}, "not_found"),
        ({"name": "x", "status": "suspended"}, "invalid_request"),
        ({"name": "x", "labels": {"a": 1}}, "invalid_request"),
    ],
)
def test_what_cannot_be(operator: Manager, body: dict[str, Any], code: str) -> None:
    """Each is refused with its code."""
    assert operator.call("POST", ALL, body).code == code
