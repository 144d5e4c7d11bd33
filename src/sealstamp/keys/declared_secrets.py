"""The secrets that an apply file declares: each a text, or the file or the variable that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError
from sealstamp.keys.entries import Entry
from sealstamp.keys.keeping import public_key_of
from sealstamp.keys.rules import check_secret

SECRET_KEYS: Final = ("secret", "secret_file", "secret_env", "public_key", "public_key_file")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets are sought: files from ``directory`` on, variables in ``environment``."""

    directory: Path
    environment: Mapping[str, str]


def declared_secret(entry: Entry, around: Secrets) -> Secret:
    """Read the secret from the one place that the entry names.

    No message shows what the entry has there: whoever mistakes ``secret_env`` for ``secret`` has written the secret.
    """
    given = [key for key in SECRET_KEYS if key in entry]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given together" if given else "it has no secret"
        raise ConfigurationError(entry.place, problem, f"give one of {', '.join(SECRET_KEYS)}")
    (source,) = given
    word, place = entry.text(source), entry.at(source)
    if source.startswith("public_key"):
        text = _secret_of_file(place, around.directory / word) if source.endswith("_file") else Secret(word)
        return public_key_of(place, text)
    if source == "secret_file":
        return check_secret(place, _secret_of_file(place, around.directory / word))
    if source == "secret_env":
        return check_secret(place, _secret_of_environment(place, word, around.environment))
    return check_secret(place, Secret(word))


def declared_extras(entry: Entry, around: Secrets) -> Mapping[str, Secret]:
    """Read the further secrets: each a text, or a table with the file or the variable that it is in."""
    return {
        name: _extra(f"{entry.at('extras')}.{name}", value, around) for name, value in entry.table("extras").items()
    }


def _extra(place: str, value: object, around: Secrets) -> Secret:
    match value:
        case str():
            return check_secret(place, Secret(value))
        case {"file": str(path), **rest} if not rest:
            return check_secret(place, _secret_of_file(place, around.directory / path))
        case {"env": str(name), **rest} if not rest:
            return check_secret(place, _secret_of_environment(place, name, around.environment))
    raise ConfigurationError(place, "it is no secret", 'write a text, { file = "…" } or { env = "…" }')


def _secret_of_file(place: str, path: Path) -> Secret:
    """Read a file's bytes, less the one line end that editors put there."""
    try:
        return Secret(path.read_bytes().removesuffix(b"\n").removesuffix(b"\r"))
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or "it is not a path"
        problem = f"the secret's file cannot be read: {reason}"
        raise ConfigurationError(place, problem, "a relative path starts at the directory of this file") from None


def _secret_of_environment(place: str, name: str, environment: Mapping[str, str]) -> Secret:
    if name not in environment:
        raise ConfigurationError(place, "the environment has no variable of this name", "set it, or correct the name")
    return Secret(environment[name].encode(errors="surrogateescape"))
