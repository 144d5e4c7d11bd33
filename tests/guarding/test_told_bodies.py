"""Bodies that a door has told of, at the edges: what an application does with errors, and whose word is taken."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from sealstamp import ConfigurationError, Request
from sealstamp.core.assertion import Assertion, AssertionSigner
from sealstamp.errors import DigestMismatchError
from sealstamp.guarding import ToldBodies
from sealstamp.guarding.asgi_bodies import BodyCheckMiddleware
from sealstamp.guarding.wsgi_bodies import PIECE
from sealstamp.guarding.wsgi_bodies import BodyCheckMiddleware as WsgiMiddleware
from tests.guarding.calling import call, call_wsgi, environ_of, scope_of
from tests.server.service import Answer

BODY = b"one two three"
SECRET = b"a secret of more than thirty-two bytes"
NOW_S = 1_767_225_600


def told(body: bytes = BODY) -> bytes:
    return b"unchecked;sha-256=:%b:" % b64encode(hashlib.sha256(body).digest())


def request(body: bytes = BODY, header: bytes = b"", **more: bytes) -> Request:
    lines = [(b"host", b"api.test"), (b"x-sealstamp-body", header or told())]
    lines += [(name.replace("_", "-").encode(), value) for name, value in more.items()]
    return Request(b"PUT", b"/orders", lines, scheme=b"http", body=body)


def outcome(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"] if answer.status != 200 else answer.body.decode()


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, and what is wrong with it counts for nothing."""
    body, more = b"", True
    while more:
        try:
            message = await receive()
        except DigestMismatchError:
            with pytest.raises(DigestMismatchError):
                await receive()
            break
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def echo_wsgi(environ: Any, start_response: Any) -> Any:
    """Do the same."""
    try:
        body = environ["wsgi.input"].read()
    except DigestMismatchError:
        with pytest.raises(DigestMismatchError):
            environ["wsgi.input"].read()
        body = b"well"
    start_response("200 OK", [])
    return [body]


Calling = Callable[..., Answer]


def ask(sent: Request, *given: Any, **named: Any) -> Answer:
    return call(BodyCheckMiddleware(echo, *given, **named), sent)


def ask_wsgi(sent: Request, *given: Any, **named: Any) -> Answer:
    def app(environ: Any, start_response: Any) -> Any:
        environ["CONTENT_LENGTH"] = str(len(sent.body or b""))
        return WsgiMiddleware(echo_wsgi, *given, **named)(environ, start_response)

    return call_wsgi(app, sent)


both = pytest.mark.parametrize("asking", [ask, ask_wsgi], ids=["asgi", "wsgi"])


@both
def test_an_application_that_minds_no_error(asking: Calling) -> None:
    """The client has the refusal all the same."""
    assert outcome(asking(request())) == (200, BODY.decode())
    assert outcome(asking(request(b"one two threE"))) == (400, "digest_mismatch")


@both
@pytest.mark.parametrize("header", [b"unchecked", b"checked", told() + b"," + told(), b"\xff"])
def test_a_header_that_tells_nothing_to_compare_with(asking: Calling, header: bytes) -> None:
    """It is refused, whatever the body is."""
    assert outcome(asking(request(header=header))) == (400, "digest_mismatch")


@both
def test_nothing_told(asking: Calling) -> None:
    """A body is refused then, unless it may be so; no body is no matter."""
    silent = Request(b"PUT", b"/orders", [(b"host", b"api.test")], scheme=b"http", body=BODY)
    answer = asking(silent)
    assert outcome(answer) == (401, "component_not_covered")
    assert answer.header("www-authenticate") == "AccessKey"
    assert outcome(asking(silent, ToldBodies(may_be_untold=True))) == (200, BODY.decode())
    assert outcome(asking(request(b"x"), ToldBodies(may_be_untold=True))) == (400, "digest_mismatch")
    silent.body = b""
    assert outcome(asking(silent)) == (200, "")


@both
def test_another_peer(asking: Calling) -> None:
    """What somebody at another address tells is not taken, right or wrong; nor is what an unknown peer does."""
    elsewhere = ToldBodies(trusted_addresses=["192.0.2.0/24"])
    assert outcome(asking(request(), elsewhere)) == (403, "not_from_the_door")
    assert outcome(asking(request(), elsewhere, exempt=["/orders"])) == (200, BODY.decode())
    assert outcome(asking(request(), elsewhere, exempt=["/"])) == (403, "not_from_the_door")
    here = ToldBodies(trusted_addresses=["127.0.0.1/32"])
    assert outcome(asking(request(), here)) == (200, BODY.decode())


def test_a_peer_without_an_address() -> None:
    """Who comes by a Unix socket is let in where that is said."""
    unnamed = [ToldBodies(), ToldBodies(trusted_addresses=["unix"])]
    for peer in (None, ("", 0)):
        apps = [BodyCheckMiddleware(echo, one) for one in unnamed]
        assert [call(app, request(), client=peer).status for app in apps] == [403, 200]
    environ = environ_of(request(), REMOTE_ADDR="", CONTENT_LENGTH=str(len(BODY)))
    statuses: list[str] = []
    for one in unnamed:
        b"".join(WsgiMiddleware(echo_wsgi, one)(dict(environ), lambda status, *_: statuses.append(status)))
    assert [status[:3] for status in statuses] == ["403", "200"]


@both
def test_assertions(asking: Calling) -> None:
    """With a key for them, only what comes with one is the door's word, from wherever it comes."""
    believed = ToldBodies(assertion_key=SECRET, api="shop", now_s=lambda: NOW_S + 0.5)
    strict = ToldBodies(assertion_key=SECRET, api="shop", trusted_addresses=["192.0.2.0/24"], now_s=lambda: NOW_S)

    def shown(api: str = "shop", key: bytes = SECRET, expires_s: int = NOW_S + 60) -> bytes:
        said = Assertion("acme", "acme-1", "bbx", api, NOW_S, expires_s)
        return AssertionSigner(key).write(said)

    assert outcome(asking(request(x_sealstamp_assertion=shown()), believed)) == (200, BODY.decode())
    assert outcome(asking(request(b"x", x_sealstamp_assertion=shown()), believed)) == (400, "digest_mismatch")
    refused = [shown("other"), shown(key=SECRET[::-1]), shown(expires_s=NOW_S), b"", b"x", shown() + b"," + shown()]
    for token in refused:
        assert outcome(asking(request(x_sealstamp_assertion=token), believed)) == (403, "not_from_the_door"), token
    assert outcome(asking(request(x_sealstamp_assertion=shown()), strict)) == (403, "not_from_the_door")


@both
def test_an_assertion_that_was_believed(asking: Calling) -> None:
    """It is again, until it ends."""
    now_s = [NOW_S]
    believed = ToldBodies(assertion_key=SECRET, api="shop", now_s=lambda: now_s[0])
    said = Assertion("acme", "acme-1", "bbx", "shop", NOW_S, NOW_S + 60)
    sent = request(x_sealstamp_assertion=AssertionSigner(SECRET).write(said))
    for later_s, status in ((0, 200), (59, 200), (60, 403)):
        now_s[0] = NOW_S + later_s
        assert asking(sent, believed).status == status


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"assertion_key": SECRET}, "for one API"),
        ({"api": "shop"}, "for one API"),
        ({"assertion_key": b"short", "api": "shop"}, "at least 32 bytes"),
        ({"trusted_addresses": ["10.0.0.1/8"]}, "host bits"),
    ],
)
def test_what_cannot_be_believed(given: dict[str, Any], problem: str) -> None:
    """It is told when the application is made."""
    with pytest.raises(ConfigurationError, match=problem):
        ToldBodies(**given)


# ASGI


def exchange(app: Any, messages: list[dict[str, Any]], sent: list[dict[str, Any]], **more: Any) -> None:
    """Have an application answer what comes in these messages."""

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(BodyCheckMiddleware(app)(scope_of(request(), **more), receive, send))


def in_pieces(body: bytes, size: int) -> list[dict[str, Any]]:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    return [*messages, {"type": "http.request", "body": b"", "more_body": False}]


@pytest.mark.parametrize("size", [1, 5, 13])
def test_the_last_piece_is_held_back(size: int) -> None:
    """Every other one comes as it is, until the whole is known."""
    seen: list[bytes] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        while True:
            message = await receive()
            seen.append(message["body"])
            if not message["more_body"]:
                return

    exchange(app, in_pieces(BODY, size), sent := [])
    assert (b"".join(seen), sent) == (BODY, [])
    seen.clear()
    exchange(app, in_pieces(BODY[:-1] + b"E", size), sent)
    assert b"".join(seen) == BODY[: (len(BODY) - 1) // size * size]
    assert sent[0]["status"] == 400


def test_an_answer_that_has_begun() -> None:
    """It cannot be taken back, so the server is told to break it off."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with pytest.raises(DigestMismatchError):
            await receive()
        await send({"type": "http.response.body", "body": b"all is well"})

    sent: list[dict[str, Any]] = []
    with pytest.raises(DigestMismatchError):
        exchange(app, in_pieces(b"another", 100), sent)
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_a_client_that_goes_away() -> None:
    """The application is told so, and gets nothing that was held back."""
    seen: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        seen.extend([await receive(), await receive()])

    exchange(app, [*in_pieces(BODY, 10)[:2], {"type": "http.disconnect"}], [])
    assert [one["type"] for one in seen] == ["http.request", "http.disconnect"]
    assert seen[0]["body"] == BODY[:10]


def test_no_body_over_http2() -> None:
    """Nobody knows that there is none before it ends, so it is compared then."""
    sent: list[dict[str, Any]] = []
    exchange(echo, in_pieces(b"", 1), sent, http_version="2", headers=[(b"x-sealstamp-body", told())])
    assert sent[0]["status"] == 400


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_has_no_body(kind: str) -> None:
    """It passes."""
    seen: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(BodyCheckMiddleware(app)({"type": kind}, None, None))  # type: ignore[arg-type]
    assert seen == [kind]


def test_an_error_of_the_application() -> None:
    """It is its own, and goes to the server."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        call(BodyCheckMiddleware(app), request())


# WSGI


class Served:
    """What a server has of an answer, which begins to go out with its first byte."""

    def __init__(self, app: Any, body: bytes, **more: Any) -> None:
        self.status = ""
        self.sent = b""
        environ = environ_of(request(body), **{"CONTENT_LENGTH": str(len(body)), **more})
        pieces = WsgiMiddleware(app)(environ, self._start)
        try:
            for piece in pieces:
                self.sent += piece
        finally:
            getattr(pieces, "close", lambda: None)()

    def _start(self, status: str, _lines: Any, exc_info: Any = None) -> None:
        if exc_info and self.sent:
            raise exc_info[1]
        assert exc_info or not self.status
        self.status = status


def test_a_body_read_in_every_way() -> None:
    """By lines, by bytes, as a whole, and further than its end."""

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        source = environ["wsgi.input"]
        read = [source.readline(), source.read(3), *source, source.read(), source.read(5)]
        return [b"|".join(read)]

    body = b"one\ntwo three\nfour"
    environ = environ_of(request(body, told(body)), CONTENT_LENGTH=str(len(body)))
    environ["wsgi.input"] = BytesIO(body + b"the next request")
    assert list(WsgiMiddleware(app)(environ, lambda *_: None)) == [b"one\n|two| three\n|four||"]


def test_an_answer_that_reads_as_it_goes() -> None:
    """Before its first byte it gives way to the refusal; after it, the server breaks it off."""
    large, closed = BODY * PIECE, []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while piece := environ["wsgi.input"].read(PIECE):
                yield piece
        finally:
            closed.append(True)

    short = Served(app, b"another")
    assert (short.status, json.loads(short.sent)["code"]) == ("400 Bad Request", "digest_mismatch")
    with pytest.raises(DigestMismatchError):
        Served(app, large)
    assert closed == [True, True]


def test_a_body_that_is_not_as_long_as_was_said() -> None:
    """It is refused however right its bytes are; and so is one whose end nobody tells."""
    assert Served(echo_wsgi, BODY).status == "200 OK"
    cut = Served(echo_wsgi, BODY, CONTENT_LENGTH="14")
    assert (cut.status, json.loads(cut.sent)["code"]) == ("400 Bad Request", "body_incomplete")
    assert Served(echo_wsgi, BODY, CONTENT_LENGTH="x").status == "400 Bad Request"
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert Served(echo_wsgi, BODY, **chunked).status == "411 Length Required"
    assert Served(echo_wsgi, BODY, **chunked, **{"wsgi.input_terminated": True}).sent == BODY


def test_an_error_of_a_wsgi_application() -> None:
    """It is its own, before and after its answer has begun."""

    def early(_environ: Any, _start: Any) -> Any:
        raise KeyError("x")

    def late(_environ: Any, _start: Any) -> Iterator[bytes]:
        yield b""
        raise KeyError("x")

    for app in (early, late):
        with pytest.raises(KeyError):
            Served(app, BODY)
