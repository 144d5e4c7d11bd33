"""What the operations of one worker work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sealstamp.keys.sealing import Sealer
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.locating import Locator
from sealstamp.server.logs import Log
from sealstamp.stores.sql import SqlStore


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that is open in a worker. ``now_ms`` is the wall clock in Unix milliseconds."""

    store: SqlStore
    sealer: Sealer
    directory: Directory
    door: Door
    locator: Locator
    log: Log
    now_ms: Callable[[], int]
    takes_requests: bool = False
    """Whether strangers may ask for access."""
    told_of_requests: str | None = None
    """The mail address that is told of each."""
