"""One connection to one primary. What is asked while an answer is awaited goes together, in one write.

A client's call costs more than everything else about a request, so the more there is to ask, the more goes into one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

import hiredis
from redis.asyncio import Connection
from redis.exceptions import ResponseError

from sealstamp.errors import StoreUnavailableError

_REST_S: Final = 0.1
"""After a connection failed, it is not tried again for this long; who asks meanwhile is refused at once."""


Words = tuple[bytes | str | int | float | memoryview, ...]


class Call(Protocol):
    """Something to ask. ``command`` is taken when it is sent, so more can be put into it until then."""

    def command(self) -> Words:
        """Return the command's words."""

    def answer(self, reply: object) -> None:
        """Take the reply."""

    def fail(self, error: StoreUnavailableError) -> None:
        """Take the reason why there is none. It may have been done or not."""


def _is_cancelled() -> bool:
    """Tell whether this task is to end. The library may make another error of that where a time is over meanwhile."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Link:
    """Asks one server, for as long as ``work`` runs. ``place`` is how messages name it."""

    def __init__(self, place: str, connect: Callable[[], Connection]) -> None:
        self.place = place
        self._connect = connect
        self._connection: Connection | None = None
        self._calls: list[Call] = []
        self._wake = asyncio.Event()
        self._rests_until = 0.0
        self._problem = ""

    def put(self, call: Call) -> None:
        """Ask, as soon as the answers to what was asked before are here."""
        self._calls.append(call)
        self._wake.set()

    async def work(self) -> None:
        """Ask for ever. What is cancelled in the middle fails."""
        try:
            while not _is_cancelled():
                await self._wake.wait()
                self._wake.clear()
                while self._calls and not _is_cancelled():
                    calls, self._calls = self._calls, []
                    await self._exchange(calls)
        finally:
            for call in self._calls:
                call.fail(self._unavailable("it is not used any more"))
            await self._disconnect(nowait=False)  # TLS takes its time to end

    async def _exchange(self, calls: list[Call]) -> None:
        """Ask all of ``calls`` in one write; every one is answered, or fails."""
        waiting = list(reversed(calls))
        try:
            connection = await self._connected()
            packed = b"".join([hiredis.pack_command(call.command()) for call in calls])  # type: ignore[arg-type]
            await connection.send_packed_command(packed, check_health=False)
            while waiting:
                reply = await self._read(connection)
                waiting.pop().answer(reply)
        except Exception as error:  # whatever it is, who asked must not wait for ever: uvloop raises RuntimeError too
            self._problem = type(error).__name__
            await self._disconnect()
        finally:
            for call in waiting:
                call.fail(self._unavailable(self._problem))

    async def _read(self, connection: Connection) -> object:
        try:
            return await connection.read_response()
        except ResponseError as error:  # an answer too: what was refused has not broken the connection
            return error

    async def _connected(self) -> Connection:
        if self._connection is not None:
            return self._connection
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            raise ConnectionRefusedError
        self._rests_until = now + _REST_S
        self._connection = self._connect()
        await self._connection.connect()  # type: ignore[no-untyped-call]
        return self._connection

    async def _disconnect(self, *, nowait: bool = True) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.disconnect(nowait=nowait)

    def _unavailable(self, problem: str) -> StoreUnavailableError:
        return StoreUnavailableError(f"the replay store at {self.place} does not answer: {problem}")
