"""What was done, by whom; and what was used."""

from __future__ import annotations

import pytest

from tests.server.managing import Manager


def test_audit_by_pages(admin: Manager, viewer: Manager) -> None:
    """Entries, the newest first or the oldest, of one subject alone."""
    for email in ("a@x.example", "b@x.example", "c@x.example"):
        if email.startswith("a"):
            admin.call("POST", "/v1/consumers", {"name": "audited", "email": email})
        else:
            told = admin.call("PATCH", "/v1/consumers/audited", {"email": email}, {"if-match": "*"})
    first = viewer.get("/v1/audit?subject=audited&limit=2").json
    assert [entry["after"]["email"] for entry in first["items"]] == ["c@x.example", "b@x.example"]
    newest = first["items"][0]
    assert (newest["actor"], newest["act"]) == ("operator:the-admin", "consumer.update")
    assert newest["request_id"] == told.header("x-request-id")
    rest = viewer.get(f"/v1/audit?subject=audited&limit=2&cursor={first['next_cursor']}").json
    assert ([entry["before"] for entry in rest["items"]], rest["next_cursor"]) == ([None], None)
    oldest = viewer.get("/v1/audit?subject=audited&order=oldest&limit=1").json
    assert oldest["items"] == rest["items"]
    assert viewer.get("/v1/audit?act=consumer&actor=nobody").json["items"] == []
    assert viewer.get("/v1/audit?since=2100-01-01T00:00:00Z").json["items"] == []


def test_audit_is_whole(admin: Manager, viewer: Manager) -> None:
    """The chain is verified, also against an end that was written down."""
    told = admin.get("/v1/audit/verify").json
    assert (told["is_whole"], told["problem"]) == (True, "")
    known = admin.get(f"/v1/audit/verify?number={told['sound']}&hash={told['hash']}").json
    assert known["is_whole"]
    other = admin.get(f"/v1/audit/verify?number={told['sound']}&hash={'0' * 64}").json
    assert (other["is_whole"], other["broken"]) == (False, told["sound"])
    assert admin.get("/v1/audit/verify?number=1").code == "invalid_value"
    assert viewer.get("/v1/audit/verify").code == "role_too_low"


def test_usage(viewer: Manager) -> None:
    """Sums of all, or by what is asked."""
    assert viewer.get("/v1/usage").status == 200
    told = viewer.get("/v1/usage?by=day,api,reason&since=2026-01-01T00:00:00Z&limit=1")
    assert told.status == 200
    assert all({"requests", "day", "api", "reason"} == set(one) for one in told.json["items"])


@pytest.mark.parametrize("query", ["by=colour", "by=", "since=yesterday", "by=day,day,day,day,day,day,day"])
def test_odd_usage_queries(viewer: Manager, query: str) -> None:
    """Each is refused."""
    assert viewer.get(f"/v1/usage?{query}").code == "invalid_request"
