"""What runs beside the requests of a worker, from its startup to its shutdown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack

from sealstamp.server.asgi import Life, Receive, Send

Companion = AbstractAsyncContextManager[object]
"""Entered at startup, left at shutdown."""


def life_of(companions: Sequence[Companion], resources: ExitStack) -> Life:
    """Return the worker's lifespan: companions in their order, back in the opposite one, and last the resources."""

    async def live(receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            for companion in companions:
                await stack.enter_async_context(companion)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        resources.close()
        await send({"type": "lifespan.shutdown.complete"})

    return live
