"""Builds a worker's application from the settings, and gives it back to the system when the worker ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
import time
from contextlib import ExitStack, suppress
from multiprocessing.process import BaseProcess

from sealstamp.keys.replay import MemoryReplayGuard
from sealstamp.keys.sealing import Sealer
from sealstamp.server.asgi import Application, Receive, Send
from sealstamp.server.controls import Controls
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.gateway import Gateway
from sealstamp.server.logs import Log, make_log
from sealstamp.server.management_gate import ManagementGate
from sealstamp.server.metrics import Metrics
from sealstamp.server.opening import open_key_store, open_sealer, sole_service
from sealstamp.server.service import Life, Service
from sealstamp.server.settings import Settings, load_settings
from sealstamp.server.trust import Trust
from sealstamp.stores.sql import SqlStore


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


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
        return _assemble(settings, resources)
    except BaseException:
        resources.close()
        raise


def _assemble(settings: Settings, resources: ExitStack) -> Application:
    log = make_log(settings.log_level)
    store = open_key_store(settings)
    resources.callback(store.close)
    # The guard is born under the lock: whoever accepted requests for this store before has ended by now.
    resources.enter_context(sole_service(settings))
    replay = MemoryReplayGuard(now_ms(), store, tolerance_ms=settings.replay_tolerance)
    sealer = open_sealer(settings)
    directory = Directory(store, sealer, log, time.monotonic_ns, settings.max_staleness)
    metrics, trust, gateway = Metrics(time.time()), Trust(settings.trusted_addresses), Gateway(settings, log)
    door = Door(replay, metrics, log, now_ms)
    controls = Controls(directory, door, replay, metrics, trust)
    live = _life(directory, gateway, resources, settings.refresh_interval)
    management = _management(settings, store, sealer, directory, door, log)
    return Service(directory, door, gateway, controls, trust, management, max_body=settings.max_body, live=live)


def _management(
    settings: Settings, store: SqlStore, sealer: Sealer, directory: Directory, door: Door, log: Log
) -> ManagementGate:
    def build() -> Application:
        from sealstamp.server.management.app import build_management  # most services never need it
        from sealstamp.server.management.services import Services

        return build_management(Services(store, sealer, directory, door, log, now_ms))

    return ManagementGate(settings.management_hosts, Trust(settings.management_addresses), build)


def _life(directory: Directory, gateway: Gateway, resources: ExitStack, refresh_interval_ms: int) -> Life:
    async def live(receive: Receive, send: Send) -> None:
        """Keep the directory fresh from startup to shutdown, then give everything back."""
        await receive()
        refreshing = asyncio.create_task(directory.keep_fresh(refresh_interval_ms))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
        await gateway.close()
        resources.close()
        await send({"type": "lifespan.shutdown.complete"})

    return live
