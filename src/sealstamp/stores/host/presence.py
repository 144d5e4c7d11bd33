"""Which processes serve from a store on this host: one alone, or several that share what the first of them made.

The lock is the kernel's (``flock``), so it ends with its process, however that ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from typing import Final

from sealstamp.errors import ConfigurationError, StoreUnavailableError

PATIENCE_S: Final = 5.0
"""How long a process waits for the first one to make what they share."""
_STEP_S: Final = 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock at ``path`` as the only process. Raises ConfigurationError while any other holds it."""
    with _opened(path) as lock:
        if not _taken(lock, LOCK_EX):
            problem = "another process serves from this store, and this one, with one worker, does not share"
            raise ConfigurationError(str(path), problem, "stop the other first, or let both have workers = 2 or more")
        yield


@contextmanager
def together(path: Path, make: Callable[[], None], is_made: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock at ``path`` with others. Who finds nobody there calls ``make``, before any other comes in.

    ``is_made`` tells whether there is what somebody should have made, for a maker can die before it is done. Raises
    ConfigurationError while a process that serves alone holds the lock.
    """
    with _opened(path) as lock:
        deadline = time.monotonic() + PATIENCE_S
        while not _joined(lock, make, is_made):
            if time.monotonic() > deadline:
                problem = "another process serves from this store, and does not share what it accepts"
                raise ConfigurationError(str(path), problem, "stop it first, or let it have workers = 2 or more")
            time.sleep(_STEP_S)
        yield


def _joined(lock: int, make: Callable[[], None], is_made: Callable[[], bool]) -> bool:
    if _taken(lock, LOCK_EX):
        make()
    # From alone to shared is not one step: another may come between, and even make all anew. Nobody has used it yet.
    return _taken(lock, LOCK_SH) and is_made()


def _taken(lock: int, kind: int) -> bool:
    try:
        flock(lock, kind | LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailableError(f"the lock {path} cannot be opened: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)
