"""Builds a worker's application from the settings, and gives it back to the system when the worker ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from contextlib import ExitStack, suppress
from multiprocessing.process import BaseProcess

from sealstamp.keys.replay import ReplayGuard
from sealstamp.server.asgi import Application, Receive, Scope, Send
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.gateway import Gateway
from sealstamp.server.logs import make_log
from sealstamp.server.metrics import Metrics
from sealstamp.server.opening import open_key_store, open_sealer, sole_service
from sealstamp.server.service import Service
from sealstamp.server.settings import Settings, load_settings


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def monotonic_ms() -> int:
    """Return a clock that only goes forward, in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def create_app() -> Application:
    """Return the application for the settings that SEALSTAMP_CONFIG and the variables name."""
    end_with_parent()
    return build_app(load_settings())


def end_with_parent() -> None:
    """End this worker when the process that supervises it is killed.

    An orphan would go on serving, unsupervised, and its lock would keep a new service from starting.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def build_app(settings: Settings) -> Application:
    """Open everything and return the application. Raises ConfigurationError, StoreUnavailableError."""
    resources = ExitStack()
    try:
        return _App(settings, resources)
    except BaseException:
        resources.close()
        raise


class _App:
    """Serves HTTP through the service, and runs what has to run beside it."""

    def __init__(self, settings: Settings, resources: ExitStack) -> None:
        log = make_log(settings.log_level)
        store = open_key_store(settings)
        resources.callback(store.close)
        # The guard is born under the lock: whoever accepted requests for this store before has ended by now.
        resources.enter_context(sole_service(settings))
        replay = ReplayGuard(now_ms(), store, tolerance_ms=settings.replay_tolerance)
        metrics = Metrics(time.time())
        self._directory = Directory(store, open_sealer(settings), log, monotonic_ms, settings.max_staleness)
        self._gateway = Gateway(settings, log)
        door = Door(replay, metrics, log, now_ms)
        self._service = Service(settings, self._directory, door, self._gateway, metrics, replay)
        self._refresh_interval = settings.refresh_interval
        self._resources = resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or live through the worker's life."""
        if scope["type"] == "http":
            await self._service(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        refreshing = asyncio.create_task(self._directory.keep_fresh(self._refresh_interval))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
        await self._gateway.close()
        self._resources.close()
        await send({"type": "lifespan.shutdown.complete"})
