"""Asking a door that is in another thread's event loop: all threads of a WSGI server ask one door, one by one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future
from inspect import isawaitable
from threading import Lock, Thread
from typing import Any, TypeVar

from sealstamp.guarding.gated import GatedLoop
from sealstamp.server.eager import begin

T = TypeVar("T")


class LoopThread:
    """The thread begins with the first question, and anew in a process that was forked from one that had it."""

    def __init__(self) -> None:
        self._loop: GatedLoop | None = None
        self._pid = 0
        self._lock = Lock()

    async def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` there, and block this thread until it is done. Raises what it raises."""
        loop = self._loop
        if loop is None or self._pid != os.getpid():
            loop = self._begin()
        return wait_for(ask(work, loop))

    def _begin(self) -> GatedLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid = GatedLoop(), os.getpid()
                Thread(target=self._loop.run_forever, name="sealstamp-guard", daemon=True).start()
            return self._loop


def ask(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T | Future[T]:
    """Have ``work`` done in a loop that another thread runs, by this thread for as long as it need not wait.

    Return its result, or what will have it. Raises what ``work`` raises.
    """
    if isinstance(loop, GatedLoop):
        outcome = loop.begin(work)
        if not isawaitable(outcome):  # what begin gives is no Awaitable to isinstance
            return outcome
        work = _rest(outcome)
    answer = Future[T]()
    loop.call_soon_threadsafe(_do, work, answer)
    return answer


def wait_for(answer: T | Future[T]) -> T:
    """Return an answer; block until it is there. Raises what was raised in its place."""
    return answer.result() if isinstance(answer, Future) else answer


async def _rest(outcome: Awaitable[T]) -> T:
    return await outcome


def _do(work: Coroutine[Any, Any, T], answer: Future[T]) -> None:
    if not answer.set_running_or_notify_cancel():  # nobody waits any more
        work.close()
        return
    try:
        outcome = begin(work)
    except BaseException as error:  # it is for whoever asked
        answer.set_exception(error)
        return
    if isawaitable(outcome):  # as above
        task = asyncio.ensure_future(_finish(outcome, answer))
        _waiting.add(task)
        task.add_done_callback(_waiting.discard)
    else:
        answer.set_result(outcome)


_waiting: set[asyncio.Task[None]] = set()
"""A loop keeps no strong hold on its tasks."""


async def _finish(outcome: Awaitable[T], answer: Future[T]) -> None:
    try:
        answer.set_result(await outcome)
    except BaseException as error:  # as above
        answer.set_exception(error)
