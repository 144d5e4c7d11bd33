"""A connection that ends when it is told to, whatever the library makes of that."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from redis.asyncio import Connection

from sealstamp.errors import StoreUnavailableError
from sealstamp.stores.valkey.link import Link


class _Deaf:
    """Stands for the library at the moment when a time is over and its task is cancelled: it says the former only."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def connect(self) -> None:
        """Be connected."""

    async def send_packed_command(self, _packed: bytes, check_health: bool) -> None:
        """Send nothing."""

    async def read_response(self) -> object:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise TimeoutError from None

    async def disconnect(self, nowait: bool) -> None:
        """Be disconnected."""


class _Ping:
    failed: StoreUnavailableError | None = None

    def command(self) -> tuple[str, ...]:
        return ("PING",)

    def answer(self, _reply: object) -> None:
        raise AssertionError

    def fail(self, error: StoreUnavailableError) -> None:
        self.failed = error


def test_the_end_is_heard() -> None:
    """What was asked fails, and the task is over."""

    async def scene() -> None:
        deaf, ping = _Deaf(), _Ping()
        link = Link("here", lambda: cast("Connection", cast("Any", deaf)))
        work = asyncio.create_task(link.work())
        link.put(ping)
        await deaf.asked.wait()
        work.cancel()
        await asyncio.wait([work], timeout=10)
        assert work.done()
        assert ping.failed is not None

    asyncio.run(scene())
