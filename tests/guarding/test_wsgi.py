"""Guarded WSGI applications behind gunicorn, Django over ASGI too; and the servers that are refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import Any

import pytest

from sealstamp import ConfigurationError, Request
from sealstamp.guarding import Guard
from sealstamp.guarding.wsgi import AccessKeyMiddleware
from tests.guarding.calling import environ_of
from tests.guarding.keys import KEYS, SCENARIOS, Scenario, credential, signed, wsgi_guard
from tests.guarding.serving import ROOT, Server, Servers, check_scenario, outcome
from tests.server.service import PATIENCE, free_port

SERVED = ["flasks", "falcons", "djangos"]
OTHERWISE = {"field twice": "invalid_credentials", "underscore beside dash": ""}
"""gunicorn joins fields that come twice, and drops those with an underscore in their names."""


@pytest.fixture(scope="module", params=SERVED)
def server(request: pytest.FixtureRequest, servers: Servers) -> Server:
    return servers.get("gunicorn", request.param)


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if "cdnetworks" not in one.name], ids=str)
def test_a_scenario_ends_as_it_should(server: Server, scenario: Scenario) -> None:
    """The application has exactly what was signed, and who signed it; or the caller the reason."""
    check_scenario(server, scenario, OTHERWISE.get(scenario.name, scenario.reason))


def test_an_exempt_path_is_open_to_the_letter(server: Server) -> None:
    """Neither another spelling of it, nor what is below it."""
    assert server.ask(Request(b"GET", b"/healthz", [(b"host", b"api.test")])).json()["access_key_id"] is None
    for target in (b"/healthz/", b"/%68ealthz", b"/healthz/../orders"):
        assert server.ask(Request(b"GET", target, [(b"host", b"api.test")])).status == 401, target


@pytest.fixture
def flask(servers: Servers) -> Server:
    return servers.get("gunicorn", "flasks")


@pytest.fixture(params=[("gunicorn", "djangos"), ("uvicorn", "djangos_async")], ids=" ".join)
def django(request: pytest.FixtureRequest, servers: Servers) -> Server:
    return servers.get(*request.param)


def posted(target: str, body: bytes, kind: str) -> Request:
    request = signed(target, method="POST", body=body)
    lines = [(name, kind.encode() if name == b"content-type" else value) for name, value in request.headers]
    return Request(request.method, request.target, lines, scheme=b"http", body=body)


def test_flask_views_ask_for_scopes_and_have_their_forms(flask: Server) -> None:
    """The decorator refuses a key without the scope; a verified body is parsed as any other."""
    assert outcome(flask.ask(signed("/scoped"))) == (403, "permission_denied")
    assert flask.ask(signed("/scoped", by=credential("writer"))).body == b"writer"
    assert flask.ask(posted("/form", b"item=tea", "application/x-www-form-urlencoded")).body == b"reader: tea"


def test_a_chunked_body_is_verified(flask: Server) -> None:
    """gunicorn tells where it ends; the application finds it with its length."""

    def head() -> Request:
        request = signed(method="POST", body=b"one two")
        chunked = [*request.headers, (b"transfer-encoding", b"chunked")]
        return Request(request.method, request.target, chunked, scheme=b"http", body=b"")

    answer = flask.exchange(head(), b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n")
    assert answer.json()["body"] == hashlib.sha256(b"one two").hexdigest()
    answer = flask.exchange(head(), b"3\r\none\r\n4\r\n 2wo\r\n0\r\n\r\n")
    assert outcome(answer) == (400, "digest_mismatch")


@pytest.mark.parametrize("target", ["/scoped", "/scoped/later"])
def test_django_views_ask_for_scopes(django: Server, target: str) -> None:
    """As Flask's do, whether they are coroutines or not, and whoever serves them."""
    assert outcome(django.ask(signed(target))) == (403, "permission_denied")
    assert django.ask(signed(target, by=credential("writer"))).body == b"writer"


@pytest.mark.parametrize("target", ["/orders/drf", "/alone"])
def test_the_rest_framework_knows_who_signed(django: Server, target: str) -> None:
    """Behind the middleware, and by itself where the middleware does not look."""
    assert django.ask(signed(target)).json() == {"user": "acme", "by": "reader"}
    told = django.ask(posted(target, b'{"item": "tea"}', "application/json")).json()
    assert told == {"user": "acme", "data": {"item": "tea"}}
    forged = posted(target, b'{"item": "tea"}', "application/json")
    forged.body = b'{"item": "two"}'
    assert outcome(django.ask(forged)) == (400, "digest_mismatch")
    answer = django.ask(Request(b"GET", target.encode(), [(b"host", b"api.test")]))
    assert outcome(answer) == (401, "missing_credentials")
    assert answer.header("www-authenticate") == "AccessKey"


def test_the_rest_framework_asks_for_scopes_and_slows_keys_down(django: Server) -> None:
    """Its permissions and throttles go by access key."""
    assert django.ask(signed("/writing")).status == 403
    assert django.ask(signed("/writing", by=credential("writer"))).status == 200
    assert [django.ask(signed("/rare")).status for _ in range(3)] == [200, 200, 429]
    assert django.ask(signed("/rare", by=credential("writer"))).status == 200


def test_granian_is_refused_at_its_start() -> None:
    """A process in which granian serves WSGI does not get as far as serving; it says what to do."""
    words = ["granian", "--interface", "wsgi", "--port", str(free_port()), "tests.guarding.apps.falcons:app"]
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    said = done.stdout + done.stderr
    assert "granian hides the raw target" in said
    assert "gunicorn" in said


def ask(environ: dict[str, Any]) -> tuple[str, bytes]:
    """What the middleware itself answers, or b"" where it has let the request through."""
    statuses: list[str] = []
    app = AccessKeyMiddleware(lambda _environ, _start: [], wsgi_guard(), exempt=["/healthz"])
    body = b"".join(app(environ, lambda status, _lines: statuses.append(status)))
    return "".join(statuses), body


def test_a_server_that_hides_the_raw_target_is_refused_on_each_request() -> None:
    """However it was started: one that tells none, and granian whatever it tells."""
    assert ask(environ_of(signed())) == ("", b"")
    for more in ({"RAW_URI": None}, {"SERVER_SOFTWARE": "Granian"}):
        status, body = ask(environ_of(signed(), **more))
        assert status == "500 Internal Server Error"
        assert b"raw_target_missing" in body
    assert ask(environ_of(signed(), RAW_URI=None, REQUEST_URI="/orders")) == ("", b"")
    assert ask(environ_of(signed(), RAW_URI="http://api.test/orders"))[0] == "400 Bad Request"


def test_a_body_of_unknown_length_is_refused() -> None:
    """Where the server does not tell where it ends, nobody could read all of it."""
    request = signed(method="POST", body=b"one")
    assert ask(environ_of(request, HTTP_TRANSFER_ENCODING="chunked"))[0] == "411 Length Required"
    assert ask(environ_of(request, CONTENT_LENGTH="4"))[0] == "400 Bad Request"
    assert ask(environ_of(request, CONTENT_LENGTH="x"))[0] == "400 Bad Request"
    told = environ_of(request, CONTENT_LENGTH="3", CONTENT_TYPE="application/octet-stream")
    assert ask(told) == ("", b"")
    assert (told["wsgi.input"].read(), told["sealstamp"].access_key_id) == (b"one", "reader")


def test_a_scheme_that_wsgi_cannot_tell_is_refused_when_the_application_is_made() -> None:
    """Its header has an underscore, which servers drop, or fold into a dash for anybody."""
    with pytest.raises(ConfigurationError, match="X_Sam_Auth"):
        AccessKeyMiddleware(lambda _environ, _start: [], Guard("cdnetworks-api-shield", KEYS))
