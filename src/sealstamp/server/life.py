"""What runs beside the requests of a worker, from its startup to its shutdown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager, suppress
from typing import Any

from sealstamp.server.asgi import Life, Receive, Send

Companion = AbstractAsyncContextManager[object]
"""Entered at startup, left at shutdown."""


@asynccontextmanager
async def background(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run ``work``, which has no end of its own, for as long as the block runs."""
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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
