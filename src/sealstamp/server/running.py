"""Running the service under granian."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import closing
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sealstamp.errors import ConfigurationError
from sealstamp.server.clock import now_ms
from sealstamp.server.logs import SERVER_LOGGING
from sealstamp.server.opening import open_key_store, open_sealer
from sealstamp.server.private_memory import keep_memory_private
from sealstamp.server.settings import CONFIG_VARIABLE, Settings
from sealstamp.server.sharing import Member, check_replay_store, presence

_TARGET = "sealstamp.server.app:create_app"


def serve(settings: Settings, config: Path | None) -> None:
    """Serve until told to stop. Raises ConfigurationError, StoreUnavailableError for what cannot be opened."""
    keep_memory_private()
    open_sealer(settings)
    # Whatever is wrong is told here, not in a worker's traceback; the worker opens all of it for itself.
    member = Member.of_service(settings)
    with closing(open_key_store(settings)) as store, presence(settings, member, store, now_ms):
        asyncio.run(check_replay_store(settings, now_ms))
    host, port = settings.address
    _check_free(host, port)
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    os.register_at_fork(after_in_child=_end_when_told)
    Granian(
        _TARGET,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=SERVER_LOGGING,
        respawn_failed_workers=True,
    ).serve()


def _end_when_told() -> None:
    """Have a worker end at once that is told to before it serves.

    Else it would have the supervisor's handlers until it has its own, and they would swallow the signal; then the
    supervisor would wait for that worker for ever.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _check_free(host: str, port: int) -> None:
    """Raise ConfigurationError for an address that nobody can listen on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        problem = f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}"
        raise ConfigurationError("setting listen", problem, "give a free port of an address of this machine") from None
