"""Who may call the management API, and from where."""

from __future__ import annotations

import time

import pytest

from sealstamp.keys.operators import Role
from tests.server.managing import Manager
from tests.server.service import Service
from tests.server.signing import Pair


def test_operator_signs(viewer: Manager) -> None:
    """Who signs rightly is told who it is; nothing may be kept by caches on the way."""
    told = viewer.get("/v1/whoami")
    assert (told.status, told.json["name"], told.json["role"]) == (200, "the-viewer", "viewer")
    assert told.header("cache-control") == "no-store"
    assert told.header("etag") == '"1"'


def test_stock_curl_signs(viewer: Manager) -> None:
    """A stock curl with ``--aws-sigv4`` is a client, with a query too."""
    assert viewer.curl("GET", "/v1/whoami")[1]["name"] == "the-viewer"
    status, told = viewer.curl("GET", "/v1/apis?limit=1")
    assert (status, len(told["items"])) == (200, 1)


def test_nothing_is_told_unsigned(service: Service, viewer: Manager) -> None:
    """Unsigned requests learn nothing; a wrong secret and an unknown key get the same answer."""
    host = [("host", f"127.0.0.1:{service.port}")]
    assert viewer.send("GET", "/v1/whoami", host).code == "missing_credentials"
    wrong = Manager(service, viewer.pair.with_other_secret()).get("/v1/whoami")
    unknown = Manager(service, Pair("A" * 20, "x")).get("/v1/whoami")
    assert (wrong.status, wrong.code) == (unknown.status, unknown.code) == (401, "invalid_credentials")
    assert "www-authenticate" in dict(wrong.answer.lines)


def test_replayed(viewer: Manager) -> None:
    """A request is accepted once."""
    lines = viewer.lines("GET", "/v1/whoami")
    assert viewer.send("GET", "/v1/whoami", lines).status == 200
    assert viewer.send("GET", "/v1/whoami", lines).code == "nonce_replayed"


def test_old(viewer: Manager) -> None:
    """An old request is refused, with the server's time."""
    stamp_ms = time.time_ns() // 1_000_000 - 600_000
    told = viewer.send("GET", "/v1/whoami", viewer.lines("GET", "/v1/whoami", stamp_ms=stamp_ms))
    assert told.code == "outside_time_window"
    assert told.json["server_time_ms"] > stamp_ms


def test_what_is_acted_upon_must_be_signed(viewer: Manager) -> None:
    """A header that changes what happens cannot be added on the way."""
    lines = viewer.lines("GET", "/v1/whoami")
    for line in (("if-match", '"1"'), ("idempotency-key", "x"), ("content-type", "application/json")):
        assert viewer.send("GET", "/v1/whoami", [*viewer.lines("GET", "/v1/whoami"), line]).code == (
            "component_not_covered"
        )
    assert viewer.send("GET", "/v1/whoami", lines).status == 200


def test_guarded_keys_are_no_operator_keys(service: Service) -> None:
    """A consumer's key is unknown here."""
    pair = service.add_pair("shop")
    assert Manager(service, pair).get("/v1/whoami").code == "invalid_credentials"


def test_roles(managers: dict[Role, Manager]) -> None:
    """A viewer may not read who the operators are; nor may an operator."""
    statuses = {role: managers[role].get("/v1/operators").status for role in Role}
    assert statuses == {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 200}
    assert managers[Role.VIEWER].get("/v1/operators").code == "role_too_low"


def test_other_hosts_are_the_guarded_apis(service: Service, viewer: Manager) -> None:
    """``/v1/`` of a host that is not the management's belongs to the APIs."""
    assert service.ask("GET", "/v1/whoami", [("Host", "127.0.0.1")]).status == 400  # two hosts are none
    assert viewer.send("GET", "/v1/whoami", [("host", "guarded.example")]).code == "no_upstream"


@pytest.mark.parametrize("target", ["/v1/", "/v1/nothing", "/v1/apis/", "/v1/apis/shop/more", "/v1/APIS"])
def test_no_operation_there(viewer: Manager, target: str) -> None:
    """What is no operation is not found, by whichever method."""
    assert viewer.get(target).code == "not_found"
    assert viewer.call("POST", target, {}).code == "not_found"
