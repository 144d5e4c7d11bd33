"""Bodies under a signed digest: compared on their way to the upstream, which never gets a whole one that is wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from email.utils import formatdate

import pytest

from tests.server.circumstances import check_problem
from tests.server.service import Answer, Lines, Service, raw_request, until
from tests.server.upstream import MEBIBYTE, Upstream

HOST = "api.example:8080"
LARGE = 64 * MEBIBYTE
BLOCK = bytes(range(256)) * 256
ALLOWED_GROWTH = 10 * MEBIBYTE
API, SCHEME = "digested", "azure-appconfig"
FRAMINGS = pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])


def signed(target: str, digest: bytes, method: str = "PUT") -> Lines:
    """The lines of a request whose body has a SHA-256, made by hand as Azure App Configuration says."""
    date, written = formatdate(time.time(), usegmt=True), base64.b64encode(digest).decode()
    text = f"{method}\n{target}\n{date};{HOST};{written}"
    signature = base64.b64encode(hmac.digest(b"my secret", text.encode(), "sha256")).decode()
    names = "x-ms-date;host;x-ms-content-sha256"
    return [
        ("Host", HOST),
        ("x-ms-date", date),
        ("x-ms-content-sha256", written),
        ("Authorization", f"HMAC-SHA256 Credential=uploader&SignedHeaders={names}&Signature={signature}"),
    ]


def put(service: Service, body: bytes, meant: bytes, path: str = f"/{API}/x") -> Answer:
    """Send a body that was signed as ``meant``."""
    return service.exchange(raw_request("PUT", path, signed(path, hashlib.sha256(meant).digest()), body))


def digest_of_large() -> bytes:
    digest = hashlib.sha256()
    for _ in range(LARGE // len(BLOCK)):
        digest.update(BLOCK)
    return digest.digest()


@FRAMINGS
def test_a_large_upload(chunked: bool, service: Service, upstream: Upstream) -> None:
    """64 MB pass and are compared, and memory does not grow with them."""
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(LARGE))
    path, digest = f"/{API}/large", digest_of_large()
    put(service, b"warm", b"warm")
    before = most = service.resident_bytes()
    with service.connect() as connection:
        connection.send(raw_request("PUT", path, [*signed(path, digest), framing, ("X-Play", "sink")]))
        for number in range(LARGE // len(BLOCK)):
            connection.send(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK)
            if number % 64 == 0:
                most = max(most, service.resident_bytes())
        if chunked:
            connection.send(b"0\r\n\r\n")
        assert connection.read_answer().status == 200
    assert (upstream.last.size, upstream.last.digest) == (LARGE, digest.hex())
    assert most - before < ALLOWED_GROWTH, f"grew by {(most - before) / MEBIBYTE:.1f} MB"


@FRAMINGS
def test_a_body_that_was_changed(chunked: bool, service: Service, upstream: Upstream) -> None:
    """The client is told; the upstream got a beginning and no end, and the next request is answered."""
    path, before = f"/{API}/changed", len(upstream.arrived)
    body = BLOCK * 8
    framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))
    counted = service.metric(API, SCHEME, "digest_mismatch")
    with service.connect() as connection:
        connection.send(raw_request("PUT", path, [*signed(path, hashlib.sha256(b"other").digest()), framing]))
        for number in range(8):
            connection.send(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK)
            if number == 4:
                until(lambda: len(upstream.arrived) > before, "the request's head")
        if chunked:
            connection.send(b"0\r\n\r\n")
        answer = connection.read_answer()
        connection.send(raw_request("GET", "/open", [("Host", HOST)]))
        assert connection.read_answer().status == 200
    assert answer.status == 400
    check_problem(answer.json(), "digest_mismatch", 400, answer.request_id)
    assert service.reason(answer) == "digest_mismatch"
    assert service.metric(API, SCHEME, "digest_mismatch") == counted + 1
    assert not upstream.arrived[before].whole.is_set()


def test_a_small_body(service: Service, upstream: Upstream) -> None:
    """One that comes in one piece is held until it is known to be right."""
    counted = service.metric(API, SCHEME, "accepted")
    assert put(service, b"abc", b"abc").status == 200
    assert (upstream.last.body, upstream.last.values(b"x-sealstamp-consumer")) == (b"abc", [b"acme"])
    assert service.metric(API, SCHEME, "accepted") == counted + 1
    before = len(upstream.arrived)
    assert put(service, b"abd", b"abc").status == 400
    assert not any(request.first_piece.is_set() for request in upstream.arrived[before:])


def test_no_body(service: Service, upstream: Upstream) -> None:
    """Nothing is a body too, with a digest of its own; what is wrong with it is known before anything is passed on."""
    path = f"/{API}/none"
    right = signed(path, hashlib.sha256(b"").digest(), "GET")
    assert service.exchange(raw_request("GET", path, right)).status == 200
    assert not upstream.last.body
    before = len(upstream.arrived)
    wrong = signed(path, hashlib.sha256(b"x").digest(), "GET")
    assert service.exchange(raw_request("GET", path, wrong)).status == 400
    assert len(upstream.arrived) == before
    empty = signed(path, hashlib.sha256(b"").digest())
    assert service.exchange(raw_request("PUT", path, [*empty, ("Content-Length", "0")])).status == 200


def test_a_wrong_signature_comes_first(service: Service, upstream: Upstream) -> None:
    """Nobody without the secret learns anything of digests, and nothing is passed on."""
    before = len(upstream.arrived)
    path = f"/{API}/x"
    lines = [
        (name, base64.b64encode(hashlib.sha256(b"z").digest()).decode() if name == "x-ms-content-sha256" else value)
        for name, value in signed(path, hashlib.sha256(b"abc").digest())
    ]
    answer = service.exchange(raw_request("PUT", path, lines, b"abc"))
    assert (answer.status, service.reason(answer)) == (401, "signature_mismatch")
    assert len(upstream.arrived) == before


def test_a_client_that_leaves(service: Service, upstream: Upstream) -> None:
    """Its half body is not taken for a whole one."""
    before = len(upstream.arrived)
    path = f"/{API}/left"
    lines = [*signed(path, hashlib.sha256(BLOCK * 2).digest()), ("Content-Length", str(2 * len(BLOCK)))]
    with service.connect() as connection:
        connection.send(raw_request("PUT", path, lines) + BLOCK)
        until(lambda: len(upstream.arrived) > before, "the request's head")
    assert service.get("/open").status == 200
    assert not upstream.arrived[before].whole.is_set()


def test_observed(service: Service, upstream: Upstream) -> None:
    """An API that only observes passes everything, without an identity, and tells what it would have refused."""
    path = "/digested-observed/x"
    assert put(service, b"abc", b"abc", path).status == 200
    assert upstream.last.body == b"abc"
    counted = service.metric("digested-observed", SCHEME, "digest_mismatch")
    body = BLOCK * 4
    assert put(service, body, b"abc", path).status == 200
    assert (upstream.last.body, upstream.last.values(b"x-sealstamp-consumer")) == (body, [])
    assert service.metric("digested-observed", SCHEME, "digest_mismatch") == counted + 1


def test_decide_says_that_it_saw_no_body(service: Service) -> None:
    """The digest is signed; whoever has the bytes has to compare."""
    path = f"/{API}/asked"
    lines = [*signed(path, hashlib.sha256(b"abc").digest()), ("X-Original-Method", "PUT"), ("X-Original-URI", path)]
    answer = service.exchange(raw_request("GET", "/decide", lines))
    digest = base64.b64encode(hashlib.sha256(b"abc").digest()).decode()
    assert (answer.status, answer.header("x-sealstamp-body")) == (204, f"unchecked;sha-256=:{digest}:")
    assert answer.header("x-sealstamp-consumer") == "acme"
