"""An event loop whose work other threads may begin, so that those who need not wait change no thread.

Whatever belongs to the loop is used under its gate, by one thread at a time: the loop's own has it but for when it has
nothing to do, and whoever asks then takes it, and does the loop's work for as long as that does not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from selectors import DefaultSelector, SelectorKey
from threading import Lock
from typing import Any, TypeVar, TypeVarTuple, Unpack

from sealstamp.server.eager import begin

T = TypeVar("T")
Given = TypeVarTuple("Given")


class GatedLoop(asyncio.SelectorEventLoop):
    """The loop; one thread runs it, and any may ask it to ``begin`` something."""

    def __init__(self) -> None:
        self._gate = Lock()
        self._has_more = False
        super().__init__(_GatedSelector(self._gate))
        self.set_debug(False)  # which objects to calls from other threads

    def run_forever(self) -> None:
        """Do what every loop does, which has the gate then."""
        with self._gate:
            super().run_forever()

    def begin(self, work: Coroutine[Any, Any, T]) -> T | Awaitable[T]:
        """Do ``work`` until it would wait, in the caller's thread. Raises what it raises.

        Return its result, or what is to be awaited for it in this loop.
        """
        with self._gate:
            if self.is_closed():
                raise RuntimeError("the event loop is closed")
            self._has_more = False
            outside = asyncio._get_running_loop()  # noqa: SLF001  # asyncio has both for those who make loops
            asyncio._set_running_loop(self)  # noqa: SLF001
            try:
                return begin(work)
            finally:
                asyncio._set_running_loop(outside)  # noqa: SLF001
                if self._has_more:
                    self.call_soon_threadsafe(_wake)

    def call_soon(
        self, callback: Callable[[Unpack[Given]], object], *args: *Given, context: Context | None = None
    ) -> asyncio.Handle:
        """Do what every loop does, and remember that there is something to do."""
        self._has_more = True
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Do the same, for later."""
        self._has_more = True
        return super().call_at(when, callback, *args, context=context)


class _GatedSelector(DefaultSelector):
    """Opens the gate while there is nothing to do."""

    def __init__(self, gate: Lock) -> None:
        super().__init__()
        self._gate = gate

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait for events."""
        self._gate.release()
        try:
            return super().select(timeout)
        finally:
            self._gate.acquire()


def _wake() -> None:
    """Do nothing: the loop looks by itself at what there is."""
