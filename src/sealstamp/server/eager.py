"""Coroutines that are begun by hand, because most of them never wait.

A task for each decision would cost more than the decision. (Eager tasks, from Python 3.12 on, are tasks still.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def begin(work: Coroutine[Any, Any, T]) -> T | Awaitable[T]:
    """Run ``work`` until it would wait. Return its result, or what is to be awaited for it. Raises what it raises."""
    try:
        waits_for = work.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    return _the_rest(work, waits_for)


@coroutine
def _the_rest(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    try:
        while True:
            try:
                came = yield waits_for
            except BaseException as error:  # whatever it is, the coroutine must see it
                waits_for = work.throw(error)
            else:
                waits_for = work.send(came)
    except StopIteration as finished:
        result: T = finished.value
        return result
