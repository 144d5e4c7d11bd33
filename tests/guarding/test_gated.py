"""A loop whose work other threads begin: they have it to themselves, and the loop goes on with what is left."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealstamp.guarding.gated import GatedLoop
from sealstamp.guarding.threads import ask, wait_for
from tests.server.service import until

RACERS = 8


@pytest.fixture
def loop() -> Iterator[GatedLoop]:
    loop = GatedLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def thread_now() -> str:
    assert isinstance(asyncio.get_running_loop(), GatedLoop)
    return threading.current_thread().name


def test_what_need_not_wait_is_done_by_who_asks(loop: GatedLoop) -> None:
    """In its own thread, which then is in no loop, or again in its own."""
    assert wait_for(ask(thread_now(), loop)) == threading.current_thread().name

    async def from_another_loop() -> tuple[Any, bool]:
        here = asyncio.get_running_loop()
        return ask(thread_now(), loop), asyncio.get_running_loop() is here

    assert asyncio.run(from_another_loop()) == (threading.current_thread().name, True)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_what_waits_is_finished_by_the_loop(loop: GatedLoop) -> None:
    """And its answer, or what it raises, comes to who asked."""

    async def wait(how: Callable[[], Any]) -> str:
        await how()
        return await thread_now()

    for how in (lambda: asyncio.sleep(0), lambda: asyncio.sleep(0.001), lambda: asyncio.to_thread(time.sleep, 0)):
        assert wait_for(ask(wait(how), loop)) != threading.current_thread().name

    async def fail(waits: bool) -> None:
        if waits:
            await asyncio.sleep(0)
        raise ValueError("as it should")

    for waits in (False, True):
        with pytest.raises(ValueError, match="as it should"):
            wait_for(ask(fail(waits), loop))


def test_what_is_left_behind_is_done_though_nobody_waits_for_it(loop: GatedLoop) -> None:
    """The loop, which had nothing to do, is woken for a task, and for what is to be done later."""
    done: list[str] = []

    async def leave() -> None:
        loop.call_soon(done.append, "soon")
        loop.call_later(0.001, done.append, "later")
        asyncio.create_task(asyncio.sleep(0)).add_done_callback(lambda _: done.append("task"))

    ask(leave(), loop)
    until(lambda: set(done) == {"soon", "later", "task"}, "what was left behind")


def test_one_thread_at_a_time_has_it(loop: GatedLoop) -> None:
    """Nothing is lost of what threads and the loop itself count without a lock, however they take turns."""
    count, inside = 0, 0

    def add() -> None:
        nonlocal count, inside
        inside += 1
        assert inside == 1
        seen = count
        time.sleep(0)  # whoever could come between comes now
        count = seen + 1
        inside -= 1

    async def add_twice() -> None:
        add()
        await asyncio.sleep(0)
        add()

    def race(_: int) -> None:
        for _round in range(50):
            wait_for(ask(add_twice(), loop))

    with ThreadPoolExecutor(RACERS) as pool:
        list(pool.map(race, range(RACERS)))
    assert count == RACERS * 50 * 2


def test_a_loop_that_is_closed_does_nothing() -> None:
    """What it guards is closed too."""
    loop = GatedLoop()
    loop.close()
    work = thread_now()
    with pytest.raises(RuntimeError, match="closed"):
        ask(work, loop)
    work.close()
