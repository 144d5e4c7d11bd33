"""Requests at the edge of HTTP and beyond: always an answer of 4xx, 501 or a closed connection, and never a 500."""

from __future__ import annotations

import secrets
import subprocess

import pytest

from tests.server.circumstances import check_problem
from tests.server.service import Lines, Service, raw_request
from tests.server.upstream import HELLO, Upstream

HOST = ("Host", "api.example")


def test_keep_alive_and_pipelining(service: Service) -> None:
    """One connection serves many requests, also when they come before the answers are read."""
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open/1", [HOST]) * 3 + raw_request("GET", "/nowhere", [HOST]))
        assert [connection.read_answer().status for _ in range(4)] == [200, 200, 200, 404]
        connection.send(raw_request("GET", "/open/1", [HOST, ("Connection", "close")]))
        assert connection.read_answer().body == HELLO
        assert connection.is_ended


@pytest.mark.parametrize("lines", [[], [HOST]], ids=["no Host", "Host"])
def test_http_1_0(lines: Lines, service: Service) -> None:
    """It is served, and its connection closed."""
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open", lines, version="1.0"))
        assert connection.read_answer().body == HELLO
        assert connection.is_ended


def test_the_absolute_form(service: Service, upstream: Upstream) -> None:
    """The upstream gets the path and query alone; the Host header decides whose they are."""
    assert service.get("http://elsewhere.example/open/a%2F?b=c").status == 200
    assert upstream.last.target == b"/open/a%2F?b=c"


@pytest.mark.parametrize(
    ("method", "target"),
    [("OPTIONS", "*"), ("CONNECT", "a.example:443"), ("GET", "http://a.example"), ("GET", "/"), ("GET", "/openly")],
)
def test_targets_of_no_api(method: str, target: str, service: Service) -> None:
    """What belongs to no API is not found."""
    answer = service.ask(method, target)
    assert answer.status == 404
    check_problem(answer.json(), "no_such_api", 404, answer.request_id)


@pytest.mark.parametrize(
    "path",
    [
        "/open/../stardust",
        "/open/%2e%2e/stardust",
        "/open/..%2fstardust",
        "/open/..\\stardust",
        "/open/..;x=1/stardust",
        "/open/a/../../stardust/b",
        "//open",
        "/down/../open",
        "/%6fpen",
    ],
)
def test_a_path_that_leads_elsewhere(path: str, service: Service, upstream: Upstream) -> None:
    """A path that would be another API's once it is normalised is refused."""
    before = len(upstream.arrived)
    answer = service.get(path)
    assert answer.status == 400
    if path != "/open/..\\stardust":  # the server itself may know that no target has a backslash
        check_problem(answer.json(), "ambiguous_path", 400, answer.request_id)
    assert len(upstream.arrived) == before


def test_two_hosts(service: Service, upstream: Upstream) -> None:
    """Refused: the two could be taken for each other further on."""
    before = len(upstream.arrived)
    for second in ("api.example", "hosted.example"):
        answer = service.exchange(raw_request("GET", "/open", [HOST, ("Host", second)]))
        assert answer.status == 400
    assert len(upstream.arrived) == before


@pytest.mark.parametrize("word", ["websocket", "WebSocket"])
def test_a_websocket(word: str, service: Service) -> None:
    """The upgrade is refused clearly."""
    handshake = [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13")]
    answer = service.get("/open", [("Connection", "Upgrade"), ("Upgrade", word), *handshake])
    assert answer.status == 501
    check_problem(answer.json(), "websocket_not_supported", 501, answer.request_id)


def test_an_upgrade_to_h2c(service: Service, upstream: Upstream) -> None:
    """Java's client offers it with each first request: it is answered in HTTP/1.1, and nothing of it is passed on."""
    offer = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAEAAEAAAAIAAAAA")]
    answer = service.get("/open", offer)
    assert (answer.status, answer.body) == (200, HELLO)
    assert {b"connection", b"upgrade", b"http2-settings"}.isdisjoint(upstream.last.names)


def test_a_body_that_http_2_does_not_announce(service: Service, upstream: Upstream) -> None:
    """It may come without a length; it is passed on whole, and none is made up where none came."""
    url = f"http://127.0.0.1:{service.port}/open"
    for words, body in (["-T", "-"], b"what came"), (["-X", "POST"], b""):
        curl = ["curl", "-sS", "--http2-prior-knowledge", "-H", "Host: api.example", "-o", "/dev/null", *words, url]
        subprocess.run(curl, input=body, check=True, timeout=60)
        assert upstream.last.body == body


def test_a_transfer_coding_that_would_be_lost(service: Service) -> None:
    """What is compressed for the hop cannot be passed on as if it were not."""
    request = raw_request("POST", "/open", [HOST, ("Transfer-Encoding", "gzip, chunked")]) + b"3\r\nabc\r\n0\r\n\r\n"
    answer = service.exchange(request)
    assert answer.status == 501
    check_problem(answer.json(), "coding_not_supported", 501, answer.request_id)


def test_both_framings(service: Service, upstream: Upstream) -> None:
    """A body with a length and chunks too is passed on with one framing only."""
    for framing in ([("Content-Length", "4"), ("Transfer-Encoding", "chunked")],) * 2:
        request = raw_request("POST", "/open", [HOST, *framing]) + b"3\r\nabc\r\n0\r\n\r\n"
        assert service.exchange(request).status in (200, 400)
        assert b"content-length" not in upstream.last.names
        framing.reverse()


ODD = {
    "one header of a megabyte": raw_request("GET", "/open", [HOST, ("X-Big", "a" * 1_000_000)]),
    "a field value of a megabyte for a signature": raw_request("GET", "/stardust", [("X-SIGN", "a" * 1_000_000)]),
    "3000 headers": raw_request("GET", "/open", [HOST, *((f"X-{n}", "a") for n in range(3000))]),
    "a target of 100 kB": raw_request("GET", "/open/" + "a" * 100_000, [HOST]),
    "10,000 parameters": raw_request("GET", "/bbx?" + "a=b&" * 10_000, [HOST]),
    "bytes in the target": raw_request("GET", b"/open/\xc3\xa9", [HOST]),
    "a bad byte in the target": raw_request("GET", b"/open/\xff", [HOST]),
    "quotes in the target": raw_request("GET", '/open/"<>^`{|}', [HOST]),
    "DEL in the target": raw_request("GET", b"/open/\x7f", [HOST]),
    "a null in a header": raw_request("GET", "/open", [HOST, ("X-A", "a\0b")]),
    "a bare CR in a header": raw_request("GET", "/open", [HOST, ("X-A", "a\rb")]),
    "a folded header": b"GET /open HTTP/1.1\r\nHost: a\r\nX-A: a\r\n b\r\n\r\n",
    "a space before the colon": b"GET /open HTTP/1.1\r\nHost : a\r\n\r\n",
    "no version": b"GET /open\r\n\r\n",
    "a version of the future": raw_request("GET", "/open", [HOST], version="9.9"),
    "two lengths": raw_request("POST", "/open", [HOST, ("Content-Length", "3"), ("Content-Length", "4")]) + b"abcd",
    "a signed length": raw_request("POST", "/open", [HOST, ("Content-Length", "+3")]) + b"abc",
    "a length below zero": raw_request("POST", "/open", [HOST, ("Content-Length", "-3")]),
    "an unheard of coding": raw_request("POST", "/open", [HOST, ("Transfer-Encoding", "identity")]),
    "chunks that are none": raw_request("POST", "/open", [HOST, ("Transfer-Encoding", "chunked")]) + b"zz\r\nabc\r\n",
    "a TLS hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(200),
    "words": b"hello, is anybody there?\r\n\r\n",
    "line ends": b"\r\n" * 2000,
    "random bytes": secrets.token_bytes(4000) + b"\r\n\r\n",
    "nothing but nulls": bytes(4000),
    "HTTP/2 broken off": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100),
}


@pytest.mark.parametrize("request_bytes", ODD.values(), ids=ODD)
def test_nonsense(request_bytes: bytes, service: Service) -> None:
    """It is refused, or the connection closed; the next request is answered."""
    with service.connect() as connection:
        try:
            connection.send(request_bytes)
            connection.end()
            status = connection.read_answer().status
        except (ConnectionError, ValueError):  # ValueError: HTTP/2 frames where a status was expected
            status = 400
    assert 400 <= status < 500
    assert service.get("/open").body == HELLO


def test_an_endless_head(service: Service) -> None:
    """A client that keeps its connection and says nothing does not keep others from being served."""
    with service.connect() as idle:
        idle.send(b"GET /open HTTP/1.1\r\nHost: a\r\nX-A: ")
        assert service.get("/open").body == HELLO
