"""Plans, invitations and access requests over HTTP."""

from __future__ import annotations

import json
from typing import Any

from tests.server.managing import Manager
from tests.server.service import Answer, Service

PLANS, INVITATIONS, REQUESTS = "/v1/plans", "/v1/invitations", "/v1/access-requests"
CLAIM = f"{INVITATIONS}/claim"


def post(service: Service, path: str, body: Any) -> Answer:
    """Call without a signature, as a stranger does."""
    return service.ask("POST", path, [("content-type", "application/json")], json.dumps(body).encode())


def code_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def test_life_of_a_plan(operator: Manager, viewer: Manager) -> None:
    made = operator.call("POST", PLANS, {"name": "gold", "scopes": ["b", "a"], "rate_limit": "5/second"})
    assert (made.status, made.header("location"), made.json["scopes"]) == (201, f"{PLANS}/gold", ["a", "b"])
    assert operator.call("POST", PLANS, {"name": "gold"}).code == "conflict"
    changed = operator.call("PATCH", f"{PLANS}/gold", {"rate_limit": None, "quota_day": 9}, {"if-match": '"1"'})
    assert (changed.json["rate_limit"], changed.json["quota_day"], changed.header("etag")) == (None, 9, '"2"')
    assert "gold" in [one["name"] for one in viewer.get(PLANS).json["items"]]
    assert operator.call("PATCH", f"{PLANS}/gold", {"quota_day": 1}, {"if-match": '"1"'}).code == "precondition_failed"
    assert operator.call("POST", PLANS, {"name": "x", "rate_limit": "fast"}).code == "invalid_value"
    assert viewer.call("DELETE", f"{PLANS}/gold").code == "role_too_low"
    assert operator.call("DELETE", f"{PLANS}/gold").status == 204
    assert viewer.get(f"{PLANS}/gold").code == "not_found"


def test_invitation_claimed_once(operator: Manager, viewer: Manager, service: Service) -> None:
    """Only POST takes the key; what fetches the link beforehand takes nothing."""
    terms = {"apis": ["shop"], "quota_day": 5, "expires": "2099-01-01T00:00:00Z"}
    sent = operator.call("POST", INVITATIONS, {"consumer": "guest", "terms": terms})
    assert sent.status == 201
    token = sent.json["token"]
    for method in ("GET", "HEAD"):
        page = service.ask(method, CLAIM)
        assert (page.status, page.header("content-type")) == (200, "text/html; charset=utf-8")
        assert "default-src 'none'; script-src 'sha256-" in page.header("content-security-policy")
        assert page.header("cache-control") == "no-store"
    claimed = post(service, CLAIM, {"token": token})
    assert claimed.status == 201, claimed.body
    key = claimed.json()["access_key"]
    assert (key["consumer"], key["apis"], key["quota_day"]) == ("guest", ["shop"], 5)
    assert (key["expires"], len(claimed.json()["secret"])) == ("2099-01-01T00:00:00Z", 32)
    assert code_of(post(service, CLAIM, {"token": token})) == (410, "invitation_claimed")
    shown = viewer.get(f"{INVITATIONS}/{sent.json['id']}").json
    assert (shown["status"], shown["access_key_id"], shown["token"]) == ("claimed", key["access_key_id"], None)
    assert [one["id"] for one in viewer.get(f"{INVITATIONS}?consumer=guest").json["items"]] == [sent.json["id"]]


def test_invitation_renewed_and_withdrawn(operator: Manager, service: Service) -> None:
    sent = operator.call("POST", INVITATIONS, {"consumer": "guest", "terms": {"apis": ["shop"]}}).json
    renewed = operator.call("POST", f"{INVITATIONS}/{sent['id']}/renew", {"days": 1}).json
    assert code_of(post(service, CLAIM, {"token": sent["token"]})) == (404, "invitation_unknown")
    withdrawn = operator.call("POST", f"{INVITATIONS}/{sent['id']}/withdraw", None, {"if-match": '"2"'})
    assert withdrawn.json["status"] == "withdrawn"
    assert code_of(post(service, CLAIM, {"token": renewed["token"]})) == (410, "invitation_withdrawn")
    assert operator.call("POST", f"{INVITATIONS}/{sent['id']}/renew", {}).code == "conflict"


def test_mailed_token_is_in_no_answer(operator: Manager) -> None:
    body = {"consumer": "guest", "terms": {"apis": ["shop"]}, "email": "ada@example.com", "holder": "Ada"}
    sent = operator.call("POST", INVITATIONS, body).json
    assert (sent["email"], sent["token"]) == ("ada@example.com", None)


def test_claims_that_say_nothing(service: Service) -> None:
    assert code_of(post(service, CLAIM, {"token": "x"})) == (404, "invitation_unknown")
    assert code_of(post(service, CLAIM, {"token": ""})) == (400, "invalid_request")
    assert code_of(post(service, CLAIM, {})) == (400, "invalid_request")
    assert code_of(post(service, CLAIM, {"token": "x" * 5_000})) == (413, "body_too_large")
    assert code_of(service.ask("POST", CLAIM, [], b'{"token": "x"}')) == (415, "unsupported_media_type")
    assert code_of(service.ask("DELETE", CLAIM)) == (405, "method_not_allowed")


def test_stranger_asks_and_is_invited_or_declined(operator: Manager, service: Service) -> None:
    asked = {"name": "Ada", "email": "ada@example.com", "api": "shop", "purpose": "to sell"}
    assert (post(service, REQUESTS, asked).status, post(service, REQUESTS, asked).status) == (202, 202)
    assert code_of(post(service, REQUESTS, {**asked, "email": "no"})) == (422, "invalid_value")
    assert code_of(post(service, REQUESTS, {**asked, "api": "none"})) == (404, "not_found")
    first, second = operator.get(f"{REQUESTS}?status=open").json["items"]
    assert (first["name"], first["address"], first["purpose"]) == ("Ada", "127.0.0.1", "to sell")
    approved = operator.call("POST", f"{REQUESTS}/{first['id']}/approve", {"terms": {"rate_limit": "5/second"}})
    assert (approved.json["status"], approved.json["consumer"]) == ("approved", "ada@example.com")
    invited = operator.get(f"{INVITATIONS}/{approved.json['invitation']}").json
    assert invited["terms"] == {"apis": ["shop"], "rate_limit": "5/second"}
    declined = operator.call("POST", f"{REQUESTS}/{second['id']}/decline", {"reason": "not now"})
    assert (declined.json["status"], declined.json["reason"]) == ("declined", "not now")
    assert operator.call("POST", f"{REQUESTS}/{first['id']}/decline", {"reason": "no"}).code == "conflict"
    assert [post(service, REQUESTS, {**asked, "email": f"u{n}@example.com"}).status for n in range(4)][-1] == 429
