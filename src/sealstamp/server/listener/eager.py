"""The rest of a coroutine that has been begun by hand.

Most decisions never wait, so the listener runs them without a task, which would cost more than the decision. One that
does wait has told for what; a task then carries the rest. (Eager tasks, from Python 3.12 on, are tasks still.)
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@coroutine
def the_rest(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """Go on with ``work``, which was begun with ``send(None)`` and now ``waits_for`` something; return its result."""
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
