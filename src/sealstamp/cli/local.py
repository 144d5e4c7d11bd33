"""Commands that work on the local store: its settings, and its opening.

What is imported here late is SQLAlchemy and pydantic, which help texts and mistaken arguments need not wait for.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sealstamp.keys.sealing import Sealer
    from sealstamp.server.settings import Settings
    from sealstamp.stores.sql import SqlStore


def add_config(parser: ArgumentParser) -> None:
    """Ask for the settings."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings; else $SEALSTAMP_CONFIG and variables")


def settings_of(arguments: Namespace) -> Settings:
    """Return the settings. Raises ConfigurationError."""
    from sealstamp.server.settings import load_settings

    return load_settings(arguments.config)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[SqlStore, Sealer]]:
    """Open the store and what unseals its secrets, and close it again.

    Raises ConfigurationError, and StoreUnavailableError for a store that cannot answer.
    """
    from sealstamp.server.opening import open_key_store, open_sealer

    sealer = open_sealer(settings)
    store = open_key_store(settings)
    try:
        yield store, sealer
    finally:
        store.close()
