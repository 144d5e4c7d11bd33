"""Where a doorway is: open in this process, in one event loop, with what has to run beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from threading import Thread, get_ident
from typing import Any, Final, TypeVar

from sealstamp.guarding.deciding import Ask, ask_here
from sealstamp.guarding.gated import GatedLoop
from sealstamp.guarding.threads import ask, wait_for
from sealstamp.server.doorway import Doorway
from sealstamp.server.reception import Reception

T = TypeVar("T")
PATIENCE_S: Final = 10.0
"""So long a process that ends waits until what was counted is written."""


class Home:
    """An open doorway, and the loop in which it is, which is the running one."""

    def __init__(self, doorway: Doorway) -> None:
        self.doorway = doorway
        self.reception = Reception(doorway.directory, doorway.door, doorway.locator)
        self._loop = asyncio.get_running_loop()
        self._thread = get_ident()

    def way(self) -> Ask:
        """Return how the door is asked from the running loop."""
        return ask_here if asyncio.get_running_loop() is self._loop else self._ask_later

    async def ask_blocking(self, work: Coroutine[Any, Any, T]) -> T:
        """Have ``work`` done here, and block the caller's thread meanwhile, unless it is this one."""
        if get_ident() == self._thread:
            return await work
        return wait_for(ask(work, self._loop))

    async def _ask_later(self, work: Coroutine[Any, Any, T]) -> T:
        answer = ask(work, self._loop)
        return await asyncio.wrap_future(answer) if isinstance(answer, Future) else answer


@asynccontextmanager
async def home_here(opening: Callable[[ExitStack], Doorway]) -> AsyncIterator[Home]:
    """Open a doorway in the running loop, for as long as the block runs. Raises what ``opening`` raises."""
    async with AsyncExitStack() as stack:
        resources = stack.enter_context(ExitStack())
        doorway = await asyncio.to_thread(opening, resources)
        for companion in doorway.companions:
            await stack.enter_async_context(companion)
        yield Home(doorway)


class HomeThread:
    """A thread with a home, which is there when this returns. Raises what the opening raises."""

    def __init__(self, opening: AbstractAsyncContextManager[Home]) -> None:
        self._opened = Future[Home]()
        self._loop = GatedLoop()
        self._end = asyncio.Event()
        self._thread = Thread(target=self._run, args=(opening,), name="sealstamp-guard", daemon=True)
        self._thread.start()
        self.home = self._opened.result()

    def close(self) -> None:
        """Write what was counted, and close what is open."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(PATIENCE_S)

    def _run(self, opening: AbstractAsyncContextManager[Home]) -> None:
        try:
            self._loop.run_until_complete(self._live(opening))
        except BaseException as error:
            if self._opened.done():
                raise
            self._opened.set_exception(error)
        finally:
            self._loop.close()

    async def _live(self, opening: AbstractAsyncContextManager[Home]) -> None:
        async with opening as home:
            self._opened.set_result(home)
            await self._end.wait()
            self._loop.set_default_executor(_ThisThread())


class _ThisThread(ThreadPoolExecutor):
    """Does everything in the thread that asks for it: a process that ends gives no other."""

    def submit(self, work: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        """Do it now."""
        done = Future[T]()
        try:
            done.set_result(work(*args, **named))
        except BaseException as error:  # whoever asked is to have it
            done.set_exception(error)
        return done
