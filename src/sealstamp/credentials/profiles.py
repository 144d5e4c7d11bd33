"""The file of profiles, which only its owner may read.

    # ~/.config/sealstamp/credentials.toml
    [default]
    server = "https://sealstamp.internal"
    access_key_id = "…"
    secret = "…"

    [exchange]
    scheme = "okx-v5"
    server = "https://api.exchange.example"
    access_key_id = "…"
    secret_command = ["pass", "show", "exchange"]
    extras = { passphrase = "…" }

``secret_command`` prints the secret; ``command``, in place of all of the pair, prints JSON, as ``from_command`` tells.
``parameters`` are those of the scheme.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.record import Record
from sealstamp.core.suggest import did_you_mean
from sealstamp.credentials.command import ask_for_pair, ask_for_secret
from sealstamp.credentials.provider import Lease, Source
from sealstamp.errors import ConfigurationError

FILE_VARIABLE: Final = "SEALSTAMP_CREDENTIALS_FILE"
DEFAULT: Final = "default"
_MOST_BYTES: Final = 1_048_576
_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_TEXTS: Final = ("access_key_id", "secret", "server", "scheme")
_TABLES: Final = ("extras", "parameters")
_COMMANDS: Final = ("secret_command", "command")


class Profile(Record):
    """What a profile says; ``source`` gives its pair, if it has one."""

    name: str
    source: Source | None
    server: str | None
    scheme: str | None
    parameters: Mapping[str, str]


def profiles_path(environment: Mapping[str, str]) -> Path:
    """Return where the profiles are: ``SEALSTAMP_CREDENTIALS_FILE``, or the user's folder for configuration."""
    named = environment.get(FILE_VARIABLE)
    if named:
        return Path(named)
    base = Path(environment.get("XDG_CONFIG_HOME") or "")
    if not base.is_absolute():  # by the XDG Base Directory Specification, a relative one is to be ignored
        base = Path(environment.get("HOME") or "~").expanduser() / ".config"
    return base / "sealstamp" / "credentials.toml"


def read_profile(path: Path, name: str) -> Profile | None:
    """Return a profile, or None where there is none of this name, or no file.

    Raises ConfigurationError for a file that cannot be read, that others may read or change, that is not TOML, and for
    a profile that cannot be. No value is ever repeated in it.
    """
    try:
        text = _read_private(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(str(path), f"it cannot be read: {error.strerror}", "check the path") from None
    tables = _parse(path, text)
    return _profile(path, name, tables[name]) if name in tables else None


def profile_names(path: Path) -> list[str]:
    """Return the names of all profiles. Raises as ``read_profile``."""
    try:
        return list(_parse(path, _read_private(path)))
    except OSError:
        return []


def _read_private(path: Path) -> str:
    """Read the file after looking at what was opened, whatever links led there, so that it cannot be swapped."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe is to be refused, not waited for
    try:
        _refuse_unless_private(path, os.fstat(descriptor))
        return os.read(descriptor, _MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "it is not UTF-8", "save it as UTF-8") from None
    finally:
        os.close(descriptor)


def _refuse_unless_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(str(path), "it is no regular file", "write the profiles into a file")
    if status.st_mode & 0o077:
        problem = f"others may read or change it (mode {stat.S_IMODE(status.st_mode):04o})"
        raise ConfigurationError(str(path), problem, f"run: chmod 600 {path}; then have the secrets replaced")
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigurationError(str(path), "it belongs to another user", "keep a file of your own")
    if status.st_size > _MOST_BYTES:
        raise ConfigurationError(str(path), f"it has {status.st_size} bytes", f"keep it below {_MOST_BYTES}")


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # its text is not repeated: there may be a part of a secret in it
        told = _LINE.search(str(error))
        line = told[1] if told else text.rstrip("\n").count("\n") + 1
        raise ConfigurationError(f"{path}:{line}", "it is not TOML", "see https://toml.io for the syntax") from None
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigurationError(str(path), f"{name!r} stands in no profile", f"write [{DEFAULT}] above it")
    return tables


def _profile(path: Path, name: str, table: Mapping[str, Any]) -> Profile:
    place = f"{path}, profile {name}"
    for key, value in table.items():
        _check(place, key, value)
    _check_pair(place, table)
    return Profile(
        name, _source(place, table), table.get("server"), table.get("scheme"), dict(table.get("parameters", {}))
    )


def _check(place: str, key: str, value: object) -> None:
    """Raise ConfigurationError for a key that there is not, or one whose value is not of its kind."""
    if key in _TEXTS:
        is_right, kind = isinstance(value, str) and bool(value), "a text"
    elif key in _TABLES:
        is_right, kind = isinstance(value, dict) and _are_texts(value.values()), "a table of texts"
    elif key in _COMMANDS:
        is_right = isinstance(value, list) and bool(value) and _are_texts(value)
        kind = "a list of a program and its arguments"
    else:
        raise ConfigurationError(place, f"there is no key {key!r}", did_you_mean(key, (*_TEXTS, *_TABLES, *_COMMANDS)))
    if not is_right:
        raise ConfigurationError(f"{place}, {key}", f"it is not {kind}", f"write {kind}")


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _check_pair(place: str, table: Mapping[str, Any]) -> None:
    given = [key for key in ("secret", *_COMMANDS) if key in table]
    if len(given) > 1:
        raise ConfigurationError(place, f"{' and '.join(given)} are both there", "give one of them")
    aside = [key for key in ("access_key_id", "extras") if key in table]
    if given == ["command"] and aside:
        raise ConfigurationError(place, f"{aside[0]} is there beside command", "command prints all of the pair")
    if aside and not given:
        raise ConfigurationError(place, f"{aside[0]} is there, but no secret", "give secret, or secret_command")


def _source(place: str, table: Mapping[str, Any]) -> Source | None:
    access_key_id = table.get("access_key_id", "")
    extras = {name: Secret(text) for name, text in table.get("extras", {}).items()}

    def told() -> Credential | Lease:
        try:
            if "command" in table:
                return ask_for_pair(cast("list[str]", table["command"]))
            return ask_for_secret(table["secret_command"], access_key_id, extras)
        except ConfigurationError as error:
            raise ConfigurationError(f"{place}, {error.place}", error.problem, error.hint) from None

    if "secret" in table:
        credential = Credential(access_key_id, Secret(table["secret"]), extras)
        return lambda: credential
    return told if any(key in table for key in _COMMANDS) else None
