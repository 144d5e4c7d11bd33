"""Guarded ASGI applications behind real servers: the same scenarios through each."""

from __future__ import annotations

import hashlib

import pytest

from sealstamp import Request
from tests.guarding.keys import SCENARIOS, SCHEMES, Scenario, changed, signed
from tests.guarding.serving import Server, Servers, check_scenario, outcome

SERVED = [
    ("granian", "starlettes"),
    ("uvicorn", "fastapis"),
    ("uvicorn", "litestars"),
    ("hypercorn", "quarts"),
    ("uvicorn", "djangos_async"),
]


@pytest.fixture(scope="module", params=SERVED, ids=" ".join)
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    return servers.get(*request.param)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_scenario_ends_as_it_should(server: Server, scenario: Scenario) -> None:
    """The application has exactly what was signed, and who signed it; or the caller the reason."""
    check_scenario(server, scenario, scenario.reason)


HTTP2 = [
    *[f"accepted: {scheme}" for scheme in SCHEMES],
    "wrong secret: rfc9421",
    "unsigned",
    "replayed",
    "escaped slash",
    "repeated and empty parameters",
    "body: aws-sigv4-header",
    "body: rfc9421",
    "another body: aws-sigv4-header",
    "another body: rfc9421",
    "body where none was signed",
    "body too large",
    "large body that nobody signs",
    "underscore beside dash",
]


OTHERWISE_OVER_HTTP2 = {"body where none was signed": "digest_mismatch"}
"""While the head is verified nobody knows of a body that is not announced; then it is not the empty one."""


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.name in HTTP2], ids=str)
@pytest.mark.parametrize("served", [("granian", "starlettes"), ("hypercorn", "quarts")], ids=" ".join)
def test_over_http2(served: tuple[str, str], servers: Servers, scenario: Scenario) -> None:
    """It ends as over HTTP/1.1: what travels as ``:authority`` is the host, and a body is not announced."""
    server, request = servers.get(*served), scenario.make()
    answer = server.ask_over_http2(request)
    if scenario.twice:
        answer = server.ask_over_http2(request)
    assert outcome(answer)[1] == OTHERWISE_OVER_HTTP2.get(scenario.name, scenario.reason), answer
    if not scenario.reason:
        told = answer.json()
        assert told["target"].encode() == request.target
        assert told["body"] == hashlib.sha256(request.body or b"").hexdigest()
        assert told["access_key_id"] == "reader"


def test_a_websocket_is_opened_for_who_signed(servers: Servers) -> None:
    """A handshake is verified as a GET; one that is not signed never becomes a WebSocket."""
    server = servers.get("granian", "starlettes")
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    key = {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}
    opened = server.hand_shake(changed(signed("/chat"), **upgrade, **key))
    assert (opened.status, opened.values("upgrade")) == (101, ["websocket"])
    unsigned = Request(b"GET", b"/chat", [(b"host", b"api.test")])
    assert server.hand_shake(changed(unsigned, **upgrade, **key)).status in (401, 403)
