"""The secrets that an apply file declares: each a text, or the file or the variable that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError
from sealstamp.keys.entries import Entry
from sealstamp.keys.keeping import public_key_of
from sealstamp.keys.rules import check_secret

SECRET_KEYS: Final = ("secret", "secret_file", "secret_env", "public_key", "public_key_file")


class Secrets(Protocol):
    """Where the secrets are that a file does not hold itself. Both raise ConfigurationError, which names ``place``."""

    def of_file(self, place: str, path: str) -> Secret:
        """Return what is in a file, less the one line end that editors put there."""

    def of_environment(self, place: str, name: str) -> Secret:
        """Return what is in a variable."""


@dataclass(frozen=True, slots=True)
class LocalSecrets:
    """Secrets of this machine: files are sought from ``directory`` on, variables in ``environment``."""

    directory: Path
    environment: Mapping[str, str]

    def of_file(self, place: str, path: str) -> Secret:
        """Read a file."""
        try:
            return Secret((self.directory / path).read_bytes().removesuffix(b"\n").removesuffix(b"\r"))
        except (OSError, ValueError) as error:  # ValueError: a null character in the path
            reason = getattr(error, "strerror", None) or "it is not a path"
            problem = f"the secret's file cannot be read: {reason}"
            raise ConfigurationError(place, problem, "a relative path starts at the directory of this file") from None

    def of_environment(self, place: str, name: str) -> Secret:
        """Look a variable up."""
        if name not in self.environment:
            problem = "the environment has no variable of this name"
            raise ConfigurationError(place, problem, "set it, or correct the name")
        return Secret(self.environment[name].encode(errors="surrogateescape"))


@dataclass(frozen=True, slots=True)
class SentSecrets:
    """Secrets that came with the file from another machine; nothing of this one is looked at."""

    files: Mapping[str, Secret]
    variables: Mapping[str, Secret]

    def of_file(self, place: str, path: str) -> Secret:
        """Return what was sent for a file."""
        return self._sent(place, path, self.files)

    def of_environment(self, place: str, name: str) -> Secret:
        """Return what was sent for a variable."""
        return self._sent(place, name, self.variables)

    def _sent(self, place: str, name: str, sent: Mapping[str, Secret]) -> Secret:
        if name not in sent:
            raise ConfigurationError(place, "the secret was not sent along", "send what the file refers to")
        return sent[name]


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
        text = around.of_file(place, word) if source.endswith("_file") else Secret(word)
        return public_key_of(place, text)
    if source == "secret_file":
        return check_secret(place, around.of_file(place, word))
    if source == "secret_env":
        return check_secret(place, around.of_environment(place, word))
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
            return check_secret(place, around.of_file(place, path))
        case {"env": str(name), **rest} if not rest:
            return check_secret(place, around.of_environment(place, name))
    raise ConfigurationError(place, "it is no secret", 'write a text, { file = "…" } or { env = "…" }')
