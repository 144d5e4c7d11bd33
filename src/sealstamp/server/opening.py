"""Opening what the settings name: the store and the sealing keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sealstamp.errors import ConfigurationError
from sealstamp.keys.sealing import (
    KEY_LENGTH,
    Sealer,
    SealingKey,
    load_or_create_sealing_key_file,
    load_sealing_key,
)
from sealstamp.server.settings import Settings
from sealstamp.stores.sql import SqlStore, is_store, open_store

if TYPE_CHECKING:
    from sealstamp.server.mailing.sending import Post


def open_sealer(settings: Settings, *, make: bool = True) -> Sealer:
    """Return what opens and seals secrets; a first start makes the key file. Raises ConfigurationError.

    Unless it is to ``make`` one, a key that is used this once stands for a file that is not there.
    """
    if settings.sealing_key is not None:
        current = load_sealing_key(settings.sealing_key.get_secret_value(), "setting sealing_key")
    elif make or settings.sealing_key_file.exists():
        current = load_or_create_sealing_key_file(settings.sealing_key_file)
    else:
        current = SealingKey.of(os.urandom(KEY_LENGTH))
    older = [
        load_sealing_key(key.get_secret_value(), "setting older_sealing_keys") for key in settings.older_sealing_keys
    ]
    return Sealer(current, older)


def open_key_store(settings: Settings) -> SqlStore:
    """Open the store, made and brought up to date if need be. Raises ConfigurationError, StoreUnavailableError."""
    return open_store(settings.store, connections=settings.store_connections)


@contextmanager
def store_to_look_at(settings: Settings) -> Iterator[SqlStore]:
    """Open the store; an empty one, which goes again, where there is none. Raises as ``open_key_store``."""
    with TemporaryDirectory(prefix="sealstamp-") as folder:
        url = settings.store if is_store(settings.store) else f"sqlite:///{folder}/empty.db"
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()


def open_post(settings: Settings) -> Post | None:
    """Return how mail is sent, or None where none is; its templates are checked in any case.

    Raises ConfigurationError.
    """
    # Commands that open a store need not wait for what mail needs, which is a log among other things.
    from sealstamp.server.mailing.messages import parse_mailbox
    from sealstamp.server.mailing.sending import Post
    from sealstamp.server.mailing.smtp import check_available, parse_smtp_url
    from sealstamp.server.mailing.templates import load_templates

    templates = load_templates(settings.mail_templates)
    if settings.smtp_url is None:
        return None
    check_available()
    if settings.mail_from is None:
        raise ConfigurationError("setting mail_from", "it is not given, but smtp_url is", "say who mail is from")
    server = parse_smtp_url(settings.smtp_url.get_secret_value())
    return Post(server, parse_mailbox(settings.mail_from), templates, settings.public_url)
