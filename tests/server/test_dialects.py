"""How each kind of proxy asks: what it must describe, what of a client's own is not believed, what it is answered."""

from __future__ import annotations

import time

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.circumstances import check_problem
from tests.server.conftest import Book
from tests.server.service import Answer, Connection, Service, raw_request
from tests.server.signing import STARDUST

Books = dict[str, Book]
Lines = list[tuple[str, str]]
ORIGINAL: Lines = [("Host", "x"), ("X-Original-Method", "POST"), ("X-Original-URI", "/stardust/a%2Fb?q=1")]
FORWARDED: Lines = [
    ("Host", "sealstamp:8080"),
    ("X-Forwarded-Method", "POST"),
    ("X-Forwarded-Uri", "/stardust/a%2Fb?q=1"),
    ("X-Forwarded-Host", "x"),
]
ENDPOINTS: dict[str, tuple[str, str, Lines]] = {
    "plain": ("GET", "/decide", ORIGINAL),
    "nginx": ("GET", "/decide/nginx", ORIGINAL),
    "traefik": ("GET", "/decide/traefik", FORWARDED),
    "caddy": ("GET", "/decide/caddy?q=1", FORWARDED),
    "apisix": ("GET", "/decide/apisix", FORWARDED),
    "envoy": ("POST", "/decide/envoy/stardust/a%2Fb?q=1", [("Host", "x")]),
}


def ask(service: Service, method: str, path: str, lines: Lines) -> Answer:
    with Connection(service.decisions) as connection:
        connection.send(raw_request(method, path, lines))
        return connection.read_answer()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_described_in_its_own_way(name: str, service: Service, books: Books) -> None:
    """A request that is signed rightly passes, and one that is not does not."""
    method, path, lines = ENDPOINTS[name]
    answer = ask(service, method, path, [*lines, *STARDUST.sign(books["stardust"].right)])
    assert (answer.status, answer.header("x-sealstamp-consumer")) == (200 if name == "envoy" else 204, "acme")
    assert ask(service, method, path, lines).status == (403 if name == "nginx" else 402)


@pytest.mark.parametrize(
    ("endpoint", "dialect"),
    [(a, b) for a in ENDPOINTS for b in ("plain", "traefik") if ENDPOINTS[a][2] != ENDPOINTS[b][2]],
)
def test_headers_of_another_dialect_mean_nothing(endpoint: str, dialect: str, service: Service, books: Books) -> None:
    """A client could have sent them: a proxy overwrites its own only. Here they describe a path that is open."""
    method, path, lines = ENDPOINTS[endpoint]
    others = [(name, value.replace("/stardust", "/open")) for name, value in ENDPOINTS[dialect][2] if name != "Host"]
    assert ask(service, method, path, lines + others).status == (403 if endpoint == "nginx" else 402)
    alone = ask(service, method, path.replace("/stardust", ""), [("Host", "x"), *others])
    assert alone.status == 403


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_description_beside_the_proxys(name: str, service: Service) -> None:
    """Two values for one describing header, and nobody knows whose is whose."""
    method, path, lines = ENDPOINTS[name]
    doubled = [*lines, ("X-Forwarded-Proto", "http"), ("X-Forwarded-Proto", "https")]
    answer = ask(service, method, path, doubled)
    check_problem(answer.json(), "bad_description", 403, answer.request_id)


@pytest.mark.parametrize(
    ("name", "missing"), [(name, each) for name in ENDPOINTS for each, _ in ENDPOINTS[name][2][1:]]
)
def test_a_description_that_is_not_whole(name: str, missing: str, service: Service) -> None:
    """Nothing is guessed, and the answer says what to send."""
    method, path, lines = ENDPOINTS[name]
    answer = ask(service, method, path, [line for line in lines if line[0] != missing])
    assert answer.status == 403
    assert missing.lower() in answer.json()["title"].lower()


def test_envoy_without_a_target(service: Service) -> None:
    """The endpoint's own path is nobody's request."""
    assert ask(service, "GET", "/decide/envoy", [("Host", "x")]).status == 403


def test_what_nginx_understands(service: Service, books: Books) -> None:
    """It turns all but 401 and 403 into a 500, so the status for the client comes in a header; so does the body."""
    wrong = list(STARDUST.sign(books["stardust"].disabled))
    plain, nginx = (ask(service, *ENDPOINTS[name][:2], ORIGINAL + wrong) for name in ("plain", "nginx"))
    assert (plain.status, nginx.status) == (402, 403)
    assert nginx.header("x-sealstamp-status") == "402"
    kept = {"data": None, "success": False, "message": plain.json()["message"]}
    assert kept.items() <= plain.json().items()
    assert nginx.header("x-sealstamp-answer").encode() == nginx.body


@pytest.mark.parametrize("path", ["/decide/", "/decide/haproxy", "/decide/nginx/", "/decider", "/other"])
def test_no_endpoint(path: str, service: Service) -> None:
    """What is no endpoint is not found, on this listener."""
    assert ask(service, "GET", path, ORIGINAL).status == 404


@pytest.mark.parametrize("name", [name for name in ENDPOINTS if name != "envoy"])
def test_a_proxy_that_names_its_api(name: str, service: Service, books: Books) -> None:
    """What Sealstamp takes for a request to another API is refused, though it is signed rightly for that."""
    method, path, lines = ENDPOINTS[name]
    signed = [*lines, *STARDUST.sign(books["stardust"].right)]
    assert ask(service, method, path, [*signed, ("X-Decide-Api", "stardust")]).status == 204
    answer = ask(service, method, path, [*signed, ("X-Decide-Api", "both")])
    check_problem(answer.json(), "other_api", 403, answer.request_id)


def test_a_request_without_a_body(service: Service) -> None:
    """A digest of nothing is compared at once, where the proxy says at the endpoint that there is no body."""
    pair = Credential.of("uploader", "bXkgc2VjcmV0")
    signer = Signer(get_scheme("azure-appconfig"), pair)
    answers = {}
    for body in (b"", b"some"):
        request = Request(b"GET", b"/digested/a", [(b"host", b"x")], body=body)
        signed = signer.sign(request, time_ms=time.time_ns() // 1_000_000).apply(request)
        lines = [(name.decode(), value.decode()) for name, value in signed.headers]
        described = [*lines, ("X-Original-Method", "GET"), ("X-Original-URI", "/digested/a")]
        answers[body] = [ask(service, "GET", f"/decide/nginx{end}", described) for end in ("", "/no-body")]
    assert [answer.status for answer in answers[b""]] == [204, 204]
    assert [len(answer.values("x-sealstamp-body")) for answer in answers[b""]] == [1, 0]
    assert [answer.status for answer in answers[b"some"]] == [204, 403]
