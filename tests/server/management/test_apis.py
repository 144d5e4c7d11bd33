"""APIs over HTTP: guarded from the moment they are made."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.managing import Manager
from tests.server.service import until
from tests.server.signing import BBX, as_query

ALL = "/v1/apis"


def test_life(admin: Manager, viewer: Manager) -> None:
    """Made, guarded, changed, deleted."""
    body = {"name": "made", "path_prefix": "/made", "schemes": [{"name": "bbx"}]}
    made = admin.call("POST", ALL, body)
    assert (made.status, made.header("location"), made.json["host"]) == (201, f"{ALL}/made", "*")
    assert made.json["schemes"] == [{"name": "bbx", "parameters": {}}]
    pair = admin.service.add_pair("made")
    asked = [("X-Original-Method", "GET")]

    def status() -> int:
        target = f"/made?{as_query(BBX.sign(pair))}"
        return admin.service.get("/decide", [*asked, ("X-Original-URI", target)]).status

    until(lambda: status() == 204, "the new API to be guarded")
    changed = admin.call("PATCH", f"{ALL}/made", {"enforcement": "observe", "scopes": ["a"]}, {"if-match": '"1"'})
    assert (changed.json["enforcement"], changed.json["scopes"], changed.json["version"]) == ("observe", ["a"], 2)
    assert viewer.get(f"{ALL}/made").json == changed.json
    assert admin.call("DELETE", f"{ALL}/made", None, {"if-match": '"1"'}).code == "precondition_failed"
    assert admin.call("DELETE", f"{ALL}/made").status == 204
    assert viewer.get(f"{ALL}/made").code == "not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x"}, "invalid_request"),
        ({"name": "x", "schemes": []}, "invalid_request"),
        ({"name": "x", "schemes": ["bbx"]}, "invalid_request"),
        ({"name": "x", "path_prefix": "/x", "schemes": [{"name": "nothing"}]}, "invalid_value"),
        ({"name": "x", "path_prefix": "/x", "schemes": [{"name": "/etc/x.toml"}]}, "invalid_request"),
        ({"name": "x", "path_prefix": "/x", "schemes": [{"name": "bbx"}, {"name": "bbx"}]}, "invalid_value"),
        ({"name": "x", "path_prefix": "/x", "schemes": [{"name": "bbx", "parameters": {"no": "x"}}]}, "invalid_value"),
        ({"name": "x", "path_prefix": "/shop", "schemes": [{"name": "bbx"}]}, "invalid_value"),
        ({"name": "x", "path_prefix": "/x/", "schemes": [{"name": "bbx"}]}, "invalid_value"),
        ({"name": "x", "host": "A B", "schemes": [{"name": "bbx"}]}, "invalid_value"),
        ({"name": "x", "path_prefix": "/x", "schemes": [{"name": "taurusx"}], "replay": "nonce"}, "invalid_value"),
        ({"name": "x", "upstream": "file:///etc", "schemes": [{"name": "bbx"}]}, "invalid_request"),
        ({"name": "shop", "path_prefix": "/x", "schemes": [{"name": "bbx"}]}, "conflict"),
    ],
)
def test_what_cannot_be(admin: Manager, body: dict[str, Any], code: str) -> None:
    """Each is refused with its code."""
    assert admin.call("POST", ALL, body).code == code


def test_operator_may_not(operator: Manager) -> None:
    """What is guarded is for admins to say."""
    body = {"name": "x", "path_prefix": "/x", "schemes": [{"name": "bbx"}]}
    assert operator.call("POST", ALL, body).code == "role_too_low"
