"""Commands that work on the local store: its settings, and its opening.

What is imported here late is SQLAlchemy and pydantic, which help texts and mistaken arguments need not wait for.
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.moments import now_ms
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.ports import ManagementStore
    from sealstamp.keys.sealing import Sealer
    from sealstamp.server.settings import Settings
    from sealstamp.stores.sql import SqlStore


def _path(text: str) -> Path:
    from pathlib import Path  # a tenth of a cold start, and most commands are given none

    return Path(text)


def add_config(parser: ArgumentParser) -> None:
    """Ask for the settings."""
    parser.add_argument("--config", type=_path, metavar="FILE", help="settings; else $SEALSTAMP_CONFIG and variables")


def add_local(parser: ArgumentParser) -> None:
    """Ask for the settings of a command that has no meaning on a running service."""
    add_config(parser)
    parser.set_defaults(is_local=True)


def local_settings_of(arguments: Namespace) -> Settings:
    """Return the settings. Raises ConfigurationError, also where the environment names a service to work on."""
    from sealstamp.credentials.finding import find_server

    if arguments.config is None and (server := find_server()) is not None:
        problem = f"this works on a local store alone, and {server} is no such"
        raise ConfigurationError("SEALSTAMP_SERVER", problem, output.LOCAL_HINT)
    return settings_of(arguments)


def settings_of(arguments: Namespace) -> Settings:
    """Return the settings. Raises ConfigurationError."""
    from sealstamp.server.settings import load_settings

    return load_settings(arguments.config)


@contextmanager
def acting(settings: Settings) -> Iterator[Act]:
    """Open the store for whoever runs this command to act on it, as the audit will name them. Raises as ``opened``."""
    with opened(settings) as (store, sealer):
        yield act_on(store, sealer)


def act_on(store: ManagementStore, sealer: Sealer) -> Act:
    """Return what surrounds an act, now, of whoever runs this command."""
    from secrets import choice

    from sealstamp.keys.acts.act import Act

    return Act(store, sealer, f"local:{_user()}", None, now_ms(), choice)


def _user() -> str:
    """Return the name of the user of this machine, or the number of one without a name."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


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


@contextmanager
def looked_at(settings: Settings) -> Iterator[tuple[SqlStore, Sealer]]:
    """Open them as ``opened`` does, but make nothing where there is nothing: what is empty stands for it."""
    from sealstamp.server.opening import open_sealer, store_to_look_at

    with store_to_look_at(settings) as store:
        yield store, open_sealer(settings, make=False)
