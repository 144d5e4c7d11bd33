"""Opening what the settings name: the store and the sealing keys."""

from __future__ import annotations

from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file, load_sealing_key
from sealstamp.server.settings import Settings
from sealstamp.stores.sql import SqlStore, open_store


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
