"""Operators over HTTP: the first by a token that is good once, the others by an admin."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from sealstamp.keys.audit import AuditQuery
from tests.server.managing import MANAGED, Manager, Told
from tests.server.service import Service, serving
from tests.server.signing import Pair


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that nobody has used yet."""
    service = Service(tmp_path_factory.mktemp("empty"), **MANAGED)
    with serving(service):
        yield service


def bootstrap(service: Service, token: str, name: str = "first") -> Told:
    body = json.dumps({"token": token, "name": name}).encode()
    return Told(service.ask("POST", "/v1/bootstrap", [("Content-Type", "application/json")], body))


def test_bootstrap(empty: Service) -> None:
    """A first start prints a token; whoever has it becomes the first admin, once, and cannot lock everybody out."""
    (token,) = re.findall(r"bootstrap token (\w+)", empty.said())
    assert bootstrap(empty, token[:-1] + "-").code == "bootstrap_refused"
    made = bootstrap(empty, token)
    assert (made.status, made.json["operator"]["role"]) == (201, "admin")
    admin = Manager(empty, Pair(made.json["access_key_id"], made.json["secret"]))
    assert admin.get("/v1/whoami").json["name"] == "first"
    assert bootstrap(empty, token, "second").code == "bootstrap_refused"
    assert all(token.encode() not in path.read_bytes() for path in empty.folder.glob("keys.sqlite3*"))
    assert admin.call("POST", "/v1/operators/first/revoke").code == "conflict"


def test_admin_makes_operators(admin: Manager) -> None:
    """A new operator's secret is shown once, and its role decides."""
    made = admin.call("POST", "/v1/operators", {"name": "robot", "role": "operator"})
    assert (made.status, made.header("location")) == (201, "/v1/operators/robot")
    robot = Manager(admin.service, Pair(made.json["access_key_id"], made.json["secret"]))
    assert robot.get("/v1/whoami").json["role"] == "operator"
    assert robot.call("POST", "/v1/operators", {"name": "more", "role": "admin"}).code == "role_too_low"
    changed = admin.call("PATCH", "/v1/operators/robot", {"role": "viewer"}, {"if-match": made.header("etag")})
    assert (changed.status, changed.json["role"], changed.json["version"]) == (200, "viewer", 2)
    assert robot.get("/v1/whoami").json["role"] == "viewer"  # at once: the role is read anew for each request
    assert admin.call("POST", "/v1/operators/robot/revoke").json["status"] == "revoked"
    assert robot.get("/v1/whoami").status in (401, 403)
    assert admin.call("POST", "/v1/operators", {"name": "robot", "role": "viewer"}).code == "conflict"
    assert "secret" not in admin.get("/v1/operators/robot").json


def test_audited(admin: Manager) -> None:
    """Every act is in the audit, with who did it and the request's id."""
    told = admin.call("POST", "/v1/operators", {"name": "watched", "role": "viewer"})
    with admin.service.opened_store() as store:
        head = store.find_audit_head()
        entry = store.list_audit_entries(AuditQuery(subject="watched"))[-1]
    assert (entry.act, entry.actor, entry.number) == ("operator.create", "operator:the-admin", head.number)
    assert entry.request_id == told.header("x-request-id")
    assert told.json["secret"] not in str(entry)


@pytest.mark.parametrize(
    ("method", "target", "value", "code"),
    [
        ("POST", "/v1/operators", {"name": "x"}, "invalid_request"),
        ("POST", "/v1/operators", {"name": "x", "role": "king"}, "invalid_request"),
        ("POST", "/v1/operators", {"name": "x", "role": "viewer", "more": 1}, "invalid_request"),
        ("POST", "/v1/operators", {"name": "a b", "role": "viewer"}, "invalid_request"),
        ("POST", "/v1/operators", [], "invalid_request"),
        ("POST", "/v1/operators", {"name": "x", "role": "viewer", "expires": "tomorrow"}, "invalid_request"),
        (
            "POST",
            "/v1/operators",
            {"name": "x", "role": "viewer", "expires": "1960-01-01T00:00:00Z"},
            "invalid_value",
        ),
        ("PATCH", "/v1/operators/the-viewer", {"role": "viewer"}, "precondition_required"),
        ("POST", "/v1/operators/nobody/revoke", None, "not_found"),
    ],
)
def test_what_cannot_be(admin: Manager, method: str, target: str, value: object, code: str) -> None:
    """Each is refused with its code."""
    assert admin.call(method, target, value).code == code


def test_version_is_checked(admin: Manager) -> None:
    """An update of a version that is no more is refused; ``*`` takes any."""
    admin.call("POST", "/v1/operators", {"name": "changing", "role": "viewer"})
    assert admin.call("PATCH", "/v1/operators/changing", {"role": "operator"}, {"if-match": '"7"'}).status == 412
    assert admin.call("PATCH", "/v1/operators/changing", {"role": "operator"}, {"if-match": "*"}).status == 200
    odd = admin.call("PATCH", "/v1/operators/changing", {"role": "operator"}, {"if-match": "2"})
    assert odd.code == "malformed_request"
