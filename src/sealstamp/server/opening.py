"""Opening what the settings name: the store, the sealing keys, and the lock that keeps replay guards apart."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sealstamp.errors import ConfigurationError
from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file, load_sealing_key
from sealstamp.server.settings import Settings
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.urls import is_postgresql, sqlite_path


def open_sealer(settings: Settings) -> Sealer:
    """Return what opens and seals secrets; a first start makes the key file. Raises ConfigurationError."""
    if settings.sealing_key is not None:
        current = load_sealing_key(settings.sealing_key.get_secret_value(), "setting sealing_key")
    else:
        current = load_or_create_sealing_key_file(settings.sealing_key_file)
    older = [
        load_sealing_key(key.get_secret_value(), "setting older_sealing_keys") for key in settings.older_sealing_keys
    ]
    return Sealer(current, older)


def open_key_store(settings: Settings) -> SqlStore:
    """Open the store, made and brought up to date if need be. Raises ConfigurationError, StoreUnavailableError."""
    return open_store(settings.store)


@contextmanager
def sole_service(settings: Settings) -> Iterator[None]:
    """Hold the lock of the one process that may accept requests for this store.

    Replay guards live in memory: a second process would not know what the first accepted. The lock is the kernel's, so
    it ends with its process, however that ends. Raises ConfigurationError while another holds it.
    """
    if is_postgresql(settings.store):
        problem = "a service that serves from PostgreSQL needs a replay guard of many machines"
        raise ConfigurationError("setting store", problem, "serve from a SQLite store, until there is one")
    path = Path(f"{sqlite_path(settings.store)}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigurationError(
            str(path), "another process serves from this store", "stop it first: a replay guard lives in one process"
        ) from None
    finally:
        os.close(descriptor)
