"""Trying what the settings name before anything is opened to stay, while somebody is there to read what is wrong."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.snapshot import GuardedApi, take_snapshot
from sealstamp.server.clock import now_ms
from sealstamp.server.opening import open_key_store, open_sealer
from sealstamp.server.settings import Settings
from sealstamp.server.sharing import Member, check_replay_store, presence
from sealstamp.stores.sql import is_store


def look(settings: Settings, member: Member, api: str, entered: ExitStack) -> GuardedApi:
    """Return the API. ``entered`` then holds the place among those who serve from the store, and nothing else.

    Raises ConfigurationError, StoreUnavailableError.
    """
    check_there(settings)
    with closing(open_key_store(settings)) as store:
        entered.enter_context(presence(settings, member, store, now_ms))
        apis = take_snapshot(store, open_sealer(settings), KeyCache(1)).by_name
    if settings.replay_store:
        with ThreadPoolExecutor(1) as thread:  # in this one a loop may run
            thread.submit(asyncio.run, check_replay_store(settings, now_ms)).result()
    found = apis.get(api)
    if found is None:
        raise ConfigurationError(f"guard of API {api}", "the store has no API of this name", did_you_mean(api, apis))
    if found.problem is not None:
        raise ConfigurationError(f"guard of API {api}", found.problem, "correct the API; sealstamp apply tells more")
    return found


def check_there(settings: Settings) -> None:
    """Raise ConfigurationError unless somebody has made the store and its sealing key: an application makes neither."""
    if not is_store(settings.store):
        hint = "name the store that sealstamp apply has made; a relative path starts where the application runs"
        raise ConfigurationError("setting store", "there is no store at this place", hint)
    if settings.sealing_key is None and not settings.sealing_key_file.exists():
        problem = f"there is no file {settings.sealing_key_file}, with which the store's secrets were sealed"
        raise ConfigurationError("setting sealing_key_file", problem, "give the file that the store was made with")
