"""What passes the gateway, in both directions: bytes that are kept, fields that are not, streams that stay streams."""

from __future__ import annotations

import hashlib

import pytest

from tests.server.circumstances import check_problem
from tests.server.conftest import Book
from tests.server.service import Answer, Service, raw_request, until
from tests.server.signing import STARDUST
from tests.server.upstream import HELLO, MEBIBYTE, Upstream

HOST = ("Host", "api.example:8080")
LARGE = 64 * MEBIBYTE
BLOCK = bytes(range(256)) * 256
ALLOWED_GROWTH = 20 * MEBIBYTE


def play(service: Service, what: str, path: str = "/open", method: str = "GET") -> Answer:
    """Have the upstream answer in a certain way."""
    return service.ask(method, path, [("X-Play", what)])


# the request


@pytest.mark.parametrize(
    "target",
    [
        "/open/a%2Fb",
        "/open//a///b/",
        "/open/./a/../b",
        "/open/%2e/a%00b",
        "/open/a?",
        "/open?x=&x=1&x&=&&y",
        "/open?a=b+c%20d&e=%2B&f=%zz",
        "/open/a;b=c,d:e@f!$&'()*",
        "/open/?u=http://a/b?c#d".partition("#")[0],
        "/open/" + "a" * 8000,
    ],
)
def test_the_target(target: str, service: Service, upstream: Upstream) -> None:
    """It arrives byte for byte as it was sent: what was verified is what is acted upon."""
    assert service.get(target).status == 200
    assert upstream.last.target == (target.encode() if target != "/open/a?" else b"/open/a")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"])
def test_the_method(method: str, service: Service, upstream: Upstream) -> None:
    """It arrives as it was sent, whatever it is."""
    assert service.ask(method, "/open").status == 200
    assert upstream.last.method == method.encode()


def test_fields_keep_their_order_and_doubles(service: Service, upstream: Upstream) -> None:
    """Field lines arrive in order, doubles apart, values as bytes."""
    lines = [("X-A", "1"), ("X-B", b"\xe9\t."), ("X-A", "2"), ("X-Empty", ""), ("Cookie", "a=b"), ("Cookie", "c=d")]
    assert service.exchange(raw_request("GET", "/open", [HOST, *lines])).status == 200
    assert upstream.last.values(b"x-a") == [b"1", b"2"]
    assert upstream.last.values(b"x-b") == [b"\xe9\t."]
    assert upstream.last.values(b"x-empty") == [b""]
    assert upstream.last.values(b"cookie") == [b"a=b", b"c=d"]
    assert upstream.last.values(b"host") == [b"api.example:8080"]


def test_hop_by_hop_fields(service: Service, upstream: Upstream) -> None:
    """What is for the next hop only is not passed on, nor what Connection names."""
    lines = [
        ("Connection", "keep-alive, X-Named"),
        ("Connection", "X-Named-Too"),
        ("X-Named", "1"),
        ("X-Named-Too", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic eA=="),
        ("Proxy-Connection", "keep-alive"),
        ("TE", "trailers"),
        ("Trailer", "X-T"),
        ("X-Kept", "1"),
    ]
    assert service.get("/open", lines).status == 200
    assert upstream.last.names == {
        b"host",
        b"x-kept",
        b"x-request-id",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
    }


def test_fields_that_connection_must_not_name(service: Service, upstream: Upstream) -> None:
    """Naming Host or Content-Length there does not break the request."""
    assert service.ask("POST", "/open", [("Connection", "host, content-length")], b"abc").status == 200
    assert upstream.last.body == b"abc"
    assert len(upstream.last.values(b"host")) == 1


@pytest.mark.parametrize(
    "name",
    [
        "X-Sealstamp-Consumer",
        "x-sealstamp-consumer",
        "X_Sealstamp_Consumer",
        "X.Sealstamp.Consumer",
        "X-Sealstamp_Access.Key-Id",
        "X-Sealstamp-Anything",
    ],
)
def test_identity_made_up_by_the_client(
    name: str, service: Service, books: dict[str, Book], upstream: Upstream
) -> None:
    """It never reaches the upstream, in whichever spelling."""
    for path, lines in (("/open", []), ("/stardust", STARDUST.sign(books["stardust"].right))):
        assert service.get(path, [*lines, (name, "made up")]).status == 200
        assert not any(b"made up" in line for line in upstream.last.lines)


def test_forwarding_fields(service: Service, upstream: Upstream) -> None:
    """The upstream is told of the client by us; what the client says of itself is dropped."""
    made_up = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=1.2.3.4")]
    answer = service.exchange(raw_request("GET", "/open", [HOST, *made_up, ("X-Request-Id", "mine")]))
    assert upstream.last.values(b"x-forwarded-for") == [b"127.0.0.1"]
    assert upstream.last.values(b"x-forwarded-proto") == [b"http"]
    assert upstream.last.values(b"x-forwarded-host") == [b"api.example:8080"]
    assert upstream.last.values(b"forwarded") == []
    assert upstream.last.values(b"x-request-id") == [answer.request_id.encode()]


def test_no_body(service: Service, upstream: Upstream) -> None:
    """A request without a body has none afterwards, and no framing."""
    assert service.get("/open").status == 200
    assert {b"content-length", b"transfer-encoding"}.isdisjoint(upstream.last.names)


def test_an_empty_body(service: Service, upstream: Upstream) -> None:
    """A length of 0 stays one."""
    assert service.ask("POST", "/open", [("Content-Length", "0")]).status == 200
    assert upstream.last.values(b"content-length") == [b"0"]


def test_a_chunked_body(service: Service, upstream: Upstream) -> None:
    """Chunks arrive as chunks, extensions and trailers left behind."""
    request = raw_request("POST", "/open", [HOST, ("Transfer-Encoding", "chunked"), ("Trailer", "X-T")])
    answer = service.exchange(request + b"3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nX-T: 1\r\n\r\n")
    assert answer.status == 200
    assert (upstream.last.body, upstream.last.values(b"transfer-encoding")) == (b"abcdefg", [b"chunked"])
    assert b"x-t" not in upstream.last.names


def test_a_body_that_trickles(service: Service, upstream: Upstream) -> None:
    """Its beginning is with the upstream before its end is sent."""
    before = len(upstream.arrived)
    with service.connect() as connection:
        connection.send(raw_request("POST", "/open", [HOST, ("Content-Length", "6")]) + b"abc")
        until(lambda: len(upstream.arrived) > before, "the request's head")
        assert upstream.last.first_piece.wait(5)
        assert not upstream.last.whole.is_set()
        connection.send(b"def")
        assert connection.read_answer().status == 200
    assert upstream.last.body == b"abcdef"


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_a_large_upload(chunked: bool, service: Service, upstream: Upstream) -> None:
    """64 MB pass, and memory does not grow with them."""
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(LARGE))
    before = service.resident_bytes()
    most = before
    with service.connect() as connection:
        connection.send(raw_request("POST", "/open", [HOST, framing, ("X-Play", "sink")]))
        for number in range(LARGE // len(BLOCK)):
            connection.send(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK)
            if number % 64 == 0:
                most = max(most, service.resident_bytes())
        if chunked:
            connection.send(b"0\r\n\r\n")
        assert connection.read_answer().status == 200
    assert (upstream.last.size, upstream.last.digest) == (LARGE, _digest_of_large())
    assert most - before < ALLOWED_GROWTH, f"grew by {(most - before) / MEBIBYTE:.1f} MB"


def _digest_of_large() -> str:
    digest = hashlib.sha256()
    for _ in range(LARGE // len(BLOCK)):
        digest.update(BLOCK)
    return digest.hexdigest()


def test_a_client_that_leaves_in_its_body(service: Service, upstream: Upstream) -> None:
    """The upstream is not left to believe that the body was whole, and the next request is answered."""
    before = len(upstream.arrived)
    with service.connect() as connection:
        connection.send(raw_request("POST", "/open", [HOST, ("Content-Length", "1000")]) + b"abc")
        until(lambda: len(upstream.arrived) > before, "the request's head")
        left = upstream.last
        assert left.first_piece.wait(5)
    assert service.get("/open").status == 200
    assert not left.whole.is_set()


def test_an_expectation(service: Service) -> None:
    """A client that waits for 100 Continue gets it, and then its answer."""
    with service.connect() as connection:
        connection.send(raw_request("POST", "/open", [HOST, ("Expect", "100-continue"), ("Content-Length", "3")]))
        assert connection.read_head().status == 100
        connection.send(b"abc")
        assert connection.read_answer().status == 200


# answers that do not wait for the body


@pytest.mark.parametrize("framing", [("Content-Length", str(8 * MEBIBYTE)), ("Transfer-Encoding", "chunked")])
def test_a_large_body_without_signature(framing: tuple[str, str], service: Service) -> None:
    """The client has the refusal although it sends on, and the connection may be used again."""
    body = bytes(8 * MEBIBYTE)
    if framing[1] == "chunked":
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with service.connect() as connection:
        for _ in range(8):
            connection.send(raw_request("PUT", "/chunked/x", [HOST, framing]) + body)
            assert connection.read_answer().status == 401


def test_a_large_body_that_the_upstream_does_not_read(service: Service) -> None:
    """The client has an answer: the upstream's, unless what was sent on reset that connection first."""
    answer = service.ask("POST", "/open", [("X-Play", "hasty")], bytes(8 * MEBIBYTE))
    assert answer.status in (413, 502)


def test_a_refusal_before_the_body(service: Service) -> None:
    """A client that waits for 100 Continue is not asked to go on; one that sends nothing at all has its answer too."""
    for expects in ([], [("Expect", "100-continue")]):
        with service.connect() as connection:
            connection.send(raw_request("PUT", "/chunked/x", [HOST, ("Content-Length", "1000"), *expects]))
            assert connection.read_answer().status == 401


# the response


def test_a_large_download_read_slowly(service: Service) -> None:
    """64 MB pass to a client that takes its time, and memory does not grow with them."""
    before = service.resident_bytes()
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open", [HOST, ("X-Play", f"big {LARGE}")]))
        assert connection.read_head().header("content-length") == str(LARGE)
        digest, most = hashlib.sha256(), before
        for number in range(LARGE // len(BLOCK)):
            digest.update(connection.read_exactly(len(BLOCK)))
            if number % 64 == 0:
                most = max(most, service.resident_bytes())
    assert digest.hexdigest() == _digest_of_large()
    assert most - before < ALLOWED_GROWTH, f"grew by {(most - before) / MEBIBYTE:.1f} MB"


def test_a_client_that_leaves_in_the_response(service: Service) -> None:
    """The next request is answered."""
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open", [HOST, ("X-Play", f"big {LARGE}")]))
        connection.read_head()
        connection.read_exactly(1000)
    assert service.get("/open").status == 200


def test_a_response_that_trickles(service: Service, upstream: Upstream) -> None:
    """Its beginning is with the client before its end exists."""
    upstream.go_on.clear()
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open", [HOST, ("X-Play", "trickle")]))
        assert connection.read_head().header("transfer-encoding") == "chunked"
        assert connection.read_chunk() == b"first"
        upstream.go_on.set()
        assert connection.read_chunk() == b"second"
        assert connection.read_chunk() == b""


def test_head(service: Service) -> None:
    """The response to HEAD has the length of what GET would give, and no body; the connection goes on."""
    with service.connect() as connection:
        connection.send(raw_request("HEAD", "/open", [HOST]))
        assert connection.read_answer(head=True).header("content-length") == str(len(HELLO))
        connection.send(raw_request("GET", "/open", [HOST]))
        assert connection.read_answer().body == HELLO


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body(status: int, service: Service) -> None:
    """They pass without one, and the connection goes on."""
    with service.connect() as connection:
        connection.send(raw_request("GET", "/open", [HOST, ("X-Play", f"status {status}")]))
        answer = connection.read_answer()
        assert (answer.status, answer.header("etag")) == (status, '"1"')
        connection.send(raw_request("GET", "/open", [HOST]))
        assert connection.read_answer().body == HELLO


@pytest.mark.parametrize("status", [201, 301, 404, 418, 500, 503, 599])
def test_other_statuses(status: int, service: Service) -> None:
    """They are the upstream's to choose; redirects are not followed."""
    answer = play(service, rf"raw HTTP/1.1 {status} So\r\nContent-Length: 2\r\nLocation: /a\r\n\r\nok")
    assert (answer.status, answer.body, answer.header("location")) == (status, b"ok", "/a")


def test_hop_by_hop_fields_of_the_response(service: Service) -> None:
    """They stay behind too; the rest keeps order and doubles, and the request id is ours."""
    fields = (
        r"Connection: X-Named, close\r\nX-Named: 1\r\nKeep-Alive: timeout=1\r\nProxy-Authenticate: x\r\nTrailer: x\r\n"
        r"Upgrade: h2c\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-Request-Id: theirs\r\nDate: today\r\nServer: theirs\r\n"
    )
    answer = play(service, rf"raw HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n")
    names = [name for name, _ in answer.lines]
    assert sorted(names) == ["content-length", "date", "server", "set-cookie", "set-cookie", "x-request-id"]
    assert answer.values("set-cookie") == ["a", "b"]
    assert answer.request_id != "theirs"


def test_an_upstream_of_http_1_0(service: Service) -> None:
    """A body that ends with the upstream's connection arrives whole, framed anew."""
    assert play(service, r"raw HTTP/1.0 200 OK\r\n\r\nuntil the end").body == b"until the end"


def test_early_hints(service: Service) -> None:
    """Interim responses are left out; the final one arrives."""
    answer = play(service, r"raw HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert (answer.status, answer.body) == (200, b"ok")


# the upstream fails


def test_nobody_listens(service: Service) -> None:
    """502, in problem details."""
    answer = service.get("/down")
    assert answer.status == 502
    check_problem(answer.json(), "upstream_unavailable", 502, answer.request_id)


def test_no_answer_in_time(service: Service) -> None:
    """504, in problem details."""
    answer = play(service, "silence")
    assert answer.status == 504
    check_problem(answer.json(), "upstream_timeout", 504, answer.request_id)


@pytest.mark.parametrize(
    "what",
    [
        "break-head",
        "reset",
        r"raw HTTP/1.1 101 Switching\r\n\r\n",
        r"raw HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        r"raw HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 0\r\n\r\n",
        r"raw HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        r"raw nonsense\r\n\r\n",
    ],
)
def test_an_answer_that_is_none(what: str, service: Service) -> None:
    """502, in problem details, whatever the upstream does instead of answering."""
    answer = play(service, what)
    assert answer.status == 502
    check_problem(answer.json(), "upstream_unavailable", 502, answer.request_id)
    assert service.get("/open").status == 200


@pytest.mark.parametrize("what", ["break-length", "break-chunked"])
def test_a_response_that_breaks_off(what: str, service: Service) -> None:
    """The client's connection breaks too: a part must not look like the whole."""
    with pytest.raises(ConnectionError):
        play(service, what)
    assert service.get("/open").status == 200
    _, *lines = service.said().splitlines()
    assert all(line.startswith("{") for line in lines), "what the server itself says of it is JSON too"


def test_an_upstream_that_does_not_read(service: Service) -> None:
    """An answer that comes before the body is read is passed on."""
    answer = service.ask("POST", "/open", [("X-Play", "hasty")], b"a" * 1000)
    assert answer.status in (413, 502)
    assert service.get("/open").status == 200
