"""The URLs of stores: of which database one is, and how it is shown, for it may hold a password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from sealstamp.errors import ConfigurationError

PLACE: Final = "store URL"
HOW_TO_WRITE: Final = (
    "write sqlite:///relative/file.db, sqlite:////absolute/file.db or postgresql://user:password@host:5432/database"
)
_POSTGRESQL: Final = ("postgresql:", "postgres:")
# One @ at most: where there are more, a password may go on behind the first one.
_PLAIN = re.compile(
    r"(?P<scheme>[a-z]+://)(?:(?P<user>[^:@/?#]*)(?P<password>:[^@/?#]*)?@)?(?P<rest>[^@?#]*)(?:\?(?P<query>[^@#]*))?"
)
_NO_PORT = re.compile(r"^[^/\[]*:(?![0-9]*(?:[,/]|$))")
"""Behind a host's colon there stands something else: a password may have lost its way there."""
_SECRET_PARAMETERS = re.compile(r"(?<![a-z_])((?:ssl)?password|sslkey|oauth_client_secret|scram_[a-z]+)=[^&]*")


def is_postgresql(url: str) -> bool:
    """Tell whether ``url`` is one of PostgreSQL's."""
    return url.startswith(_POSTGRESQL)


def shown_url(url: str) -> str:
    """Return ``url`` with asterisks for its passwords; of one that cannot be taken apart, its scheme alone."""
    found = _PLAIN.fullmatch(url)
    if found is None or _NO_PORT.search(found["rest"]):
        return f"{url.partition(':')[0]}://***" if is_postgresql(url) else "***"
    user = "" if found["user"] is None else found["user"] + (":***" if found["password"] else "") + "@"
    query = "" if found["query"] is None else "?" + _SECRET_PARAMETERS.sub(r"\1=***", found["query"])
    return found["scheme"] + user + found["rest"] + query


def sqlite_path(url: str) -> Path:
    """Read ``sqlite:///path``. Raises ConfigurationError, which never shows the URL: it may be of another kind."""
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ConfigurationError(PLACE, "it is not a database URL", HOW_TO_WRITE) from None
    if parts.drivername != "sqlite":
        raise ConfigurationError(PLACE, f"{parts.drivername} is not supported", HOW_TO_WRITE)
    if not parts.database or parts.database == ":memory:" or parts != URL.create("sqlite", database=parts.database):
        raise ConfigurationError(PLACE, "it does not name a file, and a file alone", HOW_TO_WRITE)
    return Path(parts.database)
