"""One connection of the listener: requests in, answers out, in the same order and one at a time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sealstamp.server.answers import Answer, new_request_id, problem
from sealstamp.server.listener.reading import Asked, Reader, Sizes
from sealstamp.server.listener.writing import write_answer

Decide = Callable[[Asked], Answer | Awaitable[Answer]]
"""Answers any request, at once where it can; raises nothing, then or later."""
Trusts = Callable[[Any], bool]
"""Tells whether a TCP peer, its address and port, may ask."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection may take, in seconds."""

    request: float = 10.0
    """From a request's first byte to its last."""
    idle: float = 75.0
    """Between two requests; longer than proxies keep a connection, so that it is they who close it."""
    reading: float = 30.0
    """For a client to read its answers."""
    parting: float = 2.0
    """For a client to close when it was told that nothing follows."""


PATIENCE: Final = Patience()


@dataclass(slots=True, eq=False)
class Shared:
    """What all connections of a listener have in common. ``now`` is the event loop's clock, in seconds."""

    decide: Decide
    now: Callable[[], float]
    date: bytes
    """The Date line of this second."""
    trusts: Trusts
    sizes: Sizes
    patience: Patience
    most_connections: int = 4_096
    connections: set[Connection] = field(default_factory=set)


class Connection(asyncio.Protocol):
    """Reads requests, and answers those that are whole."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._reader = Reader(shared.sizes)
        self._answering: asyncio.Task[None] | None = None
        self._ends = False
        self._is_stuck = False
        self.deadline = shared.now() + shared.patience.request

    # its life

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        self._transport = cast("asyncio.Transport", transport)
        self._shared.connections.add(self)
        peer = transport.get_extra_info("peername")
        if peer and not self._shared.trusts(peer):  # a Unix socket's peer has no name: the file's mode keeps others off
            self._refuse(problem(403, "not_trusted", "this address may not ask for decisions", new_request_id()))
        elif len(self._shared.connections) > self._shared.most_connections:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was not answered, for nobody is there."""
        self._ends = True
        self._reader.asked.clear()
        self._shared.connections.discard(self)
        if self._answering is not None:
            self._answering.cancel()

    def eof_received(self) -> bool:
        """Stay, where an answer is due."""
        self._ends = True
        return self._answering is not None

    def end(self) -> None:
        """Take no further request, and close when what came is answered."""
        self._ends = True
        if self._answering is None:
            self._close()

    def expire(self) -> None:
        """Close, because the time is over; one who began a request is told."""
        if self._ends or self._is_stuck:
            self.abort()
        elif self._reader.is_within:
            self._refuse(problem(408, "request_timeout", "the request took too long to arrive", new_request_id()))
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        self._transport.abort()

    def _close(self) -> None:
        """Say that nothing follows, and wait a while for the other side to close.

        A socket that is closed before all was read is reset, and the last answer may be lost (RFC 9112, section 9.6).
        """
        self.deadline = self._shared.now() + self._shared.patience.parting
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _refuse(self, refusal: Answer) -> None:
        self._ends = True
        self._transport.write(write_answer(refusal, self._shared.date, closes=True))
        self._close()

    def pause_writing(self) -> None:
        """Read nothing more from one who does not read answers, and do not wait for long."""
        self._is_stuck = True
        self._transport.pause_reading()
        self.deadline = self._shared.now() + self._shared.patience.reading

    def resume_writing(self) -> None:
        """Read on."""
        self._is_stuck = False
        self.deadline = self._shared.now() + self._shared.patience.idle
        self._read_on()

    # its requests

    def data_received(self, data: bytes) -> None:
        """Read requests, and answer those that are whole."""
        if self._ends:
            return
        if not self._reader.is_within:
            self.deadline = self._shared.now() + self._shared.patience.request
        self._reader.feed(data)
        if self._answering is None:
            self._answer()

    def _answer(self) -> None:
        """Answer what has been read, until an answer has to be waited for."""
        asked = self._reader.asked
        while asked:
            one = asked.popleft()
            answer = self._shared.decide(one)
            if not isinstance(answer, Answer):
                self._answer_later(answer, one)
                return
            self._write(answer, one)
        self._settle()

    def _answer_later(self, rest: Awaitable[Answer], asked: Asked) -> None:
        async def answer() -> None:
            self._write(await rest, asked)
            self._answering = None
            self.deadline = self._shared.now() + self._shared.patience.request  # the next may have begun meanwhile
            self._read_on()
            self._answer()

        self._transport.pause_reading()
        self.deadline = math.inf
        self._answering = asyncio.get_running_loop().create_task(answer())

    def _write(self, answer: Answer, asked: Asked) -> None:
        if not asked.keeps:  # what came behind it, even as far as it could be read, is nothing to this connection
            self._ends = True
            self._reader.asked.clear()
            self._reader.refusal = None
        closes = self._ends and not self._reader.asked
        self._transport.write(write_answer(answer, self._shared.date, closes=closes, is_head=asked.method == b"HEAD"))

    def _settle(self) -> None:
        """See how it goes on when all that came is answered."""
        reader = self._reader
        if reader.refusal is not None:
            self._refuse(reader.refusal)
        elif self._ends or reader.is_at_end:
            self.end()
        elif not reader.is_within:
            self.deadline = self._shared.now() + self._shared.patience.idle

    def _read_on(self) -> None:
        if not self._is_stuck and self._answering is None and not self._transport.is_closing():
            self._transport.resume_reading()
