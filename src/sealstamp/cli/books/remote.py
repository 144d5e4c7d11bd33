"""The books of a running service, which is asked by its management API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, TypeVar

from sealstamp.cli.books.port import Books
from sealstamp.client.wanted import Wanted
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

T = TypeVar("T")
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

    def _send(self, wanted: Wanted[T]) -> T:
        try:
            return super()._send(wanted)
        except VerificationError as error:
            told, _, hint = str(error).partition("\nhint: ")
            hint = hint or next((one for kind, one in _HINTS.items() if isinstance(error, kind)), "ask its operator")
            raise ServiceRefusedError(f"{self._calling.origin}: {told}\nhint: {hint}") from None
        except StoreUnavailableError as error:
            hint = "is it running, is the URL right, and is it among its management_hosts?"
            raise StoreUnavailableError(f"{self._calling.origin}: {error}\nhint: {hint}") from None


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
