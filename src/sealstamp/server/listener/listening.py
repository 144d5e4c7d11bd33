"""Where the listener listens, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from socket import socket

from sealstamp.server.listener.connection import PATIENCE, Connection, Decide, Patience, Shared, Trusts
from sealstamp.server.listener.reading import SIZES, Sizes
from sealstamp.server.listener.writing import date_line


@asynccontextmanager
async def listening(
    sockets: Sequence[socket],
    decide: Decide,
    *,
    trusts: Trusts,
    sizes: Sizes = SIZES,
    patience: Patience = PATIENCE,
    sweep_seconds: float = 1.0,
    stop_seconds: float = 10.0,
) -> AsyncIterator[Shared]:
    """Answer on bound ``sockets`` for as long as the block runs.

    TCP peers that ``trusts`` does not trust are turned away. Every ``sweep_seconds``, connections are closed whose time
    is over. At the end of the block no connection is taken any more, and what was asked is answered, for
    ``stop_seconds`` at most.
    """
    loop = asyncio.get_running_loop()
    shared = Shared(decide, loop.time, date_line(time.time()), trusts, sizes, patience)
    servers = [await loop.create_server(lambda: Connection(shared), sock=each) for each in sockets]
    sweeping = loop.create_task(_sweep(shared, sweep_seconds))
    try:
        yield shared
    finally:
        for server in servers:
            server.close()
        await _drain(shared, stop_seconds)
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


async def _sweep(shared: Shared, seconds: float) -> None:
    """Keep the date, and close connections whose time is over."""
    while True:
        shared.date = date_line(time.time())
        now = shared.now()
        for connection in [each for each in shared.connections if each.deadline < now]:
            connection.expire()
        await asyncio.sleep(seconds)


async def _drain(shared: Shared, seconds: float) -> None:
    """Let answers that are due go out; end what takes too long."""
    for connection in list(shared.connections):
        connection.end()
    until = shared.now() + seconds
    while shared.connections and shared.now() < until:
        await asyncio.sleep(0.01)
    for connection in list(shared.connections):
        connection.abort()
