"""The lean listener, byte by byte: order, ends, limits, and what is no HTTP/1.1."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealstamp.server.answers import Answer
from sealstamp.server.listener.connection import Patience
from sealstamp.server.listener.listening import listening
from sealstamp.server.listener.reading import Asked, Reader, Sizes
from tests.server.service import Connection, until

SIZES = Sizes(head=4_096, headers=20, body=1_000)
PATIENCE = Patience(request=0.2, idle=0.2, reading=0.2, parting=0.2)


class Running:
    """A listener with a loop and a thread of its own. ``/wait`` is answered when somebody says so."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.trusts = True
        self.waiting = 0
        self.seen: list[Asked] = []
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),))
        self._ready = threading.Event()

    def __enter__(self) -> Running:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._ends, self._go_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        async with listening(
            [self.socket],
            self._decide,
            trusts=lambda _peer: self.trusts,
            sizes=SIZES,
            patience=self._patience,
            sweep_seconds=0.02,
            stop_seconds=0.2,
        ) as self.shared:
            self._ready.set()
            await self._ends.wait()

    def _decide(self, asked: Asked) -> Answer | Awaitable[Answer]:
        self.seen.append(asked)
        is_later = asked.target.startswith((b"/wait", b"/later"))
        return self._answer_later(asked) if is_later else self._answer(asked)

    async def _answer_later(self, asked: Asked) -> Answer:
        if asked.target.startswith(b"/wait"):
            self.waiting += 1
            await self._go_on.wait()
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Answer:
        if asked.target.startswith(b"/big"):
            return Answer(200, [], b"x" * 5_000_000)
        return Answer(204, [(b"x-target", asked.target)]) if asked.target != b"/text" else Answer(401, [], b"no\n")

    def go_on(self) -> None:
        """Let those wait no longer that wait."""
        until(lambda: self.waiting, "a request that waits")
        self._loop.call_soon_threadsafe(self._go_on.set)

    def connect(self) -> Connection:
        return Connection(self.port)

    def says(self, data: bytes) -> list[tuple[int, str]]:
        """Send bytes, and nothing more, and return the answers until the other side closes."""
        answers = []
        with self.connect() as connection:
            connection.send(data)
            connection.end()
            with suppress(ConnectionError):
                while True:
                    answer = connection.read_answer()
                    answers.append((answer.status, "".join(answer.values("x-target"))))
        return answers


@pytest.fixture(scope="module")
def patient() -> Iterator[Running]:
    with Running(Patience()) as running:
        yield running


@pytest.fixture(scope="module")
def hasty() -> Iterator[Running]:
    with Running(PATIENCE) as running:
        yield running


def test_requests_on_one_connection(patient: Running) -> None:
    """One after another, whatever pieces they come in; names are lower case, values trimmed, doubles kept."""
    with patient.connect() as connection:
        for piece in (b"GET /1?a=%2F HTT", b"P/1.1\r\nHost: x\r\nX_A:  b \t\r", b"\nX-A: c\r\nx-a: d\r\n\r\n"):
            connection.send(piece)
        answer = connection.read_answer()
        assert (answer.status, answer.header("x-target")) == (204, "/1?a=%2F")
        assert answer.header("date").endswith(" GMT")
        assert answer.values("content-length") == []
        connection.send(b"GET /text HTTP/1.1\r\n\r\n")
        assert connection.read_answer().body == b"no\n"
        connection.send(b"HEAD /text HTTP/1.1\r\n\r\n")
        answer = connection.read_answer(head=True)
        assert (answer.status, answer.header("content-length")) == (401, "3")
    assert patient.seen[-3].headers == [(b"host", b"x"), (b"x_a", b"b"), (b"x-a", b"c"), (b"x-a", b"d")]


def test_requests_sent_ahead_are_answered_in_order(patient: Running) -> None:
    """Also when the first has to wait; nothing overtakes it."""
    patient.waiting = 0
    with patient.connect() as connection:
        ahead = b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(1, 40))
        connection.send(b"GET /wait HTTP/1.1\r\n\r\n" + ahead)
        connection.send(b"GET /last HTTP/1.1\r\n\r\n")
        patient.go_on()
        answers = [connection.read_answer().header("x-target") for _ in range(41)]
    assert answers == ["/wait", *(f"/{number}" for number in range(1, 40)), "/last"]


def test_answers_are_given_to_one_who_has_said_all(patient: Running) -> None:
    """A client may close its sending side and still read."""
    patient.go_on() if patient.waiting else None
    assert patient.says(b"GET /1 HTTP/1.1\r\n\r\nGET /wait HTTP/1.1\r\n\r\n") == [(204, "/1"), (204, "/wait")]


@pytest.mark.parametrize(
    "request_lines",
    [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"],
    ids=["close", "version 1.0"],
)
def test_connections_that_are_to_be_closed(patient: Running, request_lines: bytes) -> None:
    """The answer says that nothing will follow, and nothing does, whatever was sent behind."""
    with patient.connect() as connection:
        connection.send(request_lines + b"GET /smuggled HTTP/1.1\r\n\r\n")
        assert connection.read_answer().header("connection") == "close"
        assert connection.is_ended
    assert b"/smuggled" not in [asked.target for asked in patient.seen]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: b\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400),
        (b"GET /" + b"a" * 5_000, 431),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 21 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + b"a" * 1001, 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"a" * 1001 + b"\r\n0\r\n\r\n", 413),
    ],
)
def test_what_is_refused(patient: Running, data: bytes, status: int) -> None:
    """It gets one answer, after those to the requests before it, and the connection ends; nothing was decided."""
    seen = len(patient.seen)
    with patient.connect() as connection:
        connection.send(b"GET /before HTTP/1.1\r\n\r\n" + data)
        assert connection.read_answer().status == 204
        answer = connection.read_answer()
        assert (answer.status, answer.header("connection")) == (status, "close")
        assert connection.is_ended
    assert [asked.target for asked in patient.seen[seen:]] == [b"/before"]


@pytest.mark.parametrize(
    "length", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"]
)
def test_bodies_are_read_past(patient: Running, length: bytes) -> None:
    """And trailers are not headers."""
    assert patient.says(b"POST /1 HTTP/1.1\r\n" + length + b"GET /2 HTTP/1.1\r\n\r\n") == [(204, "/1"), (204, "/2")]
    assert b"x-t" not in dict(patient.seen[-2].headers)


def test_no_upgrade(patient: Running) -> None:
    """The request is decided as any other; then the connection ends, for nobody knows what follows."""
    with patient.connect() as connection:
        connection.send(b"GET /1 HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        assert connection.read_answer().status == 204
        assert connection.is_ended


@pytest.mark.parametrize("before", [b"/1", b"/later"])
def test_slow_senders(hasty: Running, before: bytes) -> None:
    """A request must be whole in time, whatever came before; one who asks nothing is left without a word."""
    with hasty.connect() as slow, hasty.connect() as idle:
        slow.send(b"GET %b HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nA: " % before)
        assert slow.read_answer().status == 204
        assert slow.read_answer().status == 408
        assert slow.is_ended
        assert idle.is_ended


def test_slow_readers(hasty: Running) -> None:
    """One who asks and does not read is not waited for, and does not fill the memory."""
    with hasty.connect() as connection:
        with suppress(OSError):
            connection.send(b"GET /big HTTP/1.1\r\n\r\n" * 20)
        until(lambda: not hasty.shared.connections, "the connection to be given up")
        with suppress(OSError):
            assert len(connection.reader.read()) < 20 * 5_000_000


def test_peers_that_are_not_trusted(patient: Running) -> None:
    """They are told so, whatever they ask, and nothing is decided."""
    seen = len(patient.seen)
    patient.trusts = False
    try:
        with patient.connect() as connection:
            assert connection.read_answer().status == 403
            assert connection.is_ended
    finally:
        patient.trusts = True
    assert len(patient.seen) == seen


def test_stopping_lets_answers_out() -> None:
    """What was asked is answered; those who wait for too long are cut off."""
    with Running(Patience()) as running:
        idle, waiting = running.connect(), running.connect()
        waiting.send(b"GET /wait HTTP/1.1\r\n\r\n")
        running.go_on()
        assert waiting.read_answer().status == 204
        endless = running.connect()
        running._go_on.clear()
        endless.send(b"GET /wait HTTP/1.1\r\n\r\n")
        until(lambda: running.waiting == 2, "the second")
    for connection in (idle, waiting, endless):
        assert connection.is_ended
        connection.__exit__()
    with pytest.raises(OSError):
        running.connect()


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_bytes(data: bytes, cuts: list[int]) -> None:
    """Nothing is raised, and at most one refusal comes; pieces make no difference."""
    whole, parted = Reader(SIZES), Reader(SIZES)
    text = b"GET / HTTP/1.1\r\n" + data
    whole.feed(text)
    for size in cuts:
        piece, text = text[:size], text[size:]
        if piece and parted.refusal is None:
            parted.feed(piece)
    if text and parted.refusal is None:
        parted.feed(text)
    assert list(whole.asked) == list(parted.asked)
    assert (whole.refusal is None) == (parted.refusal is None)
