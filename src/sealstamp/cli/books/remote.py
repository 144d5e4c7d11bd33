"""The books of a running service, which is asked by its management API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final, TypeVar

from sealstamp.cli.books.port import Books
from sealstamp.client.wanted import Wanted
from sealstamp.core.credential import Secret
from sealstamp.credentials import Caller
from sealstamp.errors import (
    ConfigurationError,
    InvalidCredentialsError,
    LimitedError,
    OutsideTimeWindowError,
    PermissionDeniedError,
    SealstampError,
    StoreUnavailableError,
    VerificationError,
)
from sealstamp.keys.declared_secrets import LocalSecrets
from sealstamp.resources.apply import Applied, ApplyFile

T = TypeVar("T")
_WHERE: Final = "is it running, is the URL right, and its host one of the setting management_hosts?"
_LONGEST_PLACE: Final = 256
_HINTS: Final[dict[type[VerificationError], str]] = {
    InvalidCredentialsError: "give the pair of an operator key; on the service's machine, sealstamp operators create",
    LimitedError: "wait a little",
    OutsideTimeWindowError: "set this machine's clock",
    PermissionDeniedError: "use the key of an operator with that role",
}


class ServiceRefusedError(SealstampError):
    """The service does not let the caller do it."""


class RemoteBooks(Books):
    """Asks a service. What it does not let the caller do is no misuse of the command line."""

    def together(self) -> AbstractContextManager[None]:
        """Do nothing: every operation is kept by itself."""
        return nullcontext()

    def apply_file(self, file: Path, *, prune: bool, dry_run: bool) -> Applied:
        """Read the file and the secrets that it refers to, and send both."""
        from sealstamp.keys.manifest import manifest_text, read_manifest

        text = manifest_text(file)
        secrets = CollectedSecrets(LocalSecrets(file.parent, os.environ))
        read_manifest(text, place=str(file), secrets=secrets, check_scheme=lambda *_: None)
        place = str(file)[-_LONGEST_PLACE:]
        sent = ApplyFile(
            text=Secret(text),
            files=secrets.files,
            variables=secrets.variables,
            place=place,
            prune=prune,
            dry_run=dry_run,
        )
        return self.apply(sent)

    def _send(self, wanted: Wanted[T]) -> T:
        try:
            return super()._send(wanted)
        except VerificationError as error:
            told, _, hint = str(error).partition("\nhint: ")
            hint = hint or next((one for kind, one in _HINTS.items() if isinstance(error, kind)), "ask its operator")
            raise ServiceRefusedError(f"{self._calling.origin}: {told}\nhint: {hint}") from None
        except StoreUnavailableError as error:
            raise StoreUnavailableError(f"{self._calling.origin}: {error}\nhint: {_WHERE}") from None
        except ConfigurationError as error:
            if error.place != "no_such_api":
                raise
            told = "there is no management API at this address"
            raise ServiceRefusedError(f"{self._calling.origin}: {told}\nhint: {_WHERE}") from None


class CollectedSecrets:
    """Secrets of this machine, kept to be sent along."""

    def __init__(self, here: LocalSecrets) -> None:
        self._here = here
        self.files: dict[str, Secret] = {}
        self.variables: dict[str, Secret] = {}

    def of_file(self, place: str, path: str) -> Secret:
        """Read a file. Raises ConfigurationError."""
        self.files[path] = _sendable(place, self._here.of_file(place, path))
        return self.files[path]

    def of_environment(self, place: str, name: str) -> Secret:
        """Look a variable up. Raises ConfigurationError."""
        self.variables[name] = _sendable(place, self._here.of_environment(place, name))
        return self.variables[name]


def _sendable(place: str, secret: Secret) -> Secret:
    try:
        secret.reveal().decode()
    except UnicodeDecodeError:
        hint = "apply the file on the machine of the store"
        raise ConfigurationError(place, "the secret is not UTF-8, and cannot be sent", hint) from None
    return secret


@contextmanager
def open_remote(caller: Caller) -> Iterator[RemoteBooks]:
    """Open the books of the caller's server, with the pair of an operator key. Raises ConfigurationError."""
    credential = caller.credentials.current()
    if not credential.access_key_id:
        raise ConfigurationError(caller.told_by, "the pair has no access key id", "give that of an operator key")
    try:
        books = RemoteBooks(caller.server or "", credential.access_key_id, credential.secret)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "--server", f"{error.name} is not installed", "pip install 'sealstamp[client]'"
        ) from None
    with books:
        yield books
