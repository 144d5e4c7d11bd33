"""Commands that work on the local store: its settings, its opening, and the time."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sealstamp.errors import ConfigurationError
from sealstamp.keys.sealing import Sealer
from sealstamp.server.opening import open_key_store, open_sealer
from sealstamp.server.settings import Settings, load_settings
from sealstamp.stores.sql import SqlStore


def add_config(parser: ArgumentParser) -> None:
    """Ask for the settings."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings; else $SEALSTAMP_CONFIG and variables")


def settings_of(arguments: Namespace) -> Settings:
    """Return the settings. Raises ConfigurationError."""
    return load_settings(arguments.config)


@contextmanager
def opened(arguments: Namespace) -> Iterator[tuple[SqlStore, Sealer]]:
    """Open the store and what unseals its secrets, and close it again."""
    settings = settings_of(arguments)
    sealer = open_sealer(settings)
    store = open_key_store(settings)
    try:
        yield store, sealer
    finally:
        store.close()


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def read_moment(option: str, text: str) -> int:
    """Read ``2027-01-31T12:00:00Z`` into Unix milliseconds. Raises ConfigurationError."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(option, f"{text!r} is no time with a zone", "write 2027-01-31T12:00:00Z")
    return int(moment.timestamp() * 1000)


def write_moment(at_ms: int | None) -> str | None:
    """Write Unix milliseconds as ISO 8601 in UTC."""
    from datetime import UTC, datetime

    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
