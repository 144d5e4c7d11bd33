"""Running the service under granian."""

from __future__ import annotations

import os
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from sealstamp.server.opening import open_key_store, open_sealer, sole_service
from sealstamp.server.settings import CONFIG_VARIABLE, Settings

_TARGET = "sealstamp.server.app:create_app"


def serve(settings: Settings, config: Path | None) -> None:
    """Serve until told to stop. Raises ConfigurationError, StoreUnavailableError for what cannot be opened."""
    open_sealer(settings)
    # Whatever is wrong is told here, not in a worker's traceback; the worker opens all of it for itself.
    open_key_store(settings).close()
    with sole_service(settings):
        pass
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    host, port = settings.address
    Granian(
        _TARGET,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()
