"""The keys' books: everything that a command does to consumers, keys and the rest goes through them.

They are the operations of the management API, as ``sealstamp.Client`` has them. ``local`` carries them out on a store
that is open in this process, ``remote`` asks a running service; commands do not know which.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sealstamp.cli.local import act_on, add_config, looked_at, opened, settings_of
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.cli.books.port import Books
    from sealstamp.credentials import Caller


def add_books(parser: ArgumentParser) -> None:
    """Ask which books are meant: by the settings of a local store, or by a service's URL."""
    add_config(parser)
    about = "work on a running service, at this URL, in place of the local store; else $SEALSTAMP_SERVER"
    parser.add_argument("--server", metavar="URL", help=about)
    parser.add_argument(
        "--profile", metavar="NAME", help="the profile with the operator key, and the server; else $SEALSTAMP_PROFILE"
    )


@contextmanager
def opened_books(arguments: Namespace, *, looks_only: bool = False) -> Iterator[Books]:
    """Open the books that are meant, for whoever runs this command, and close them again.

    Where the command ``looks_only``, no store is made.

    Raises ConfigurationError, and StoreUnavailableError where they cannot be reached.
    """
    caller = _caller_of(arguments)
    if caller is not None:
        from sealstamp.cli.books.remote import open_remote

        with open_remote(caller) as remote:
            yield remote
        return
    from sealstamp.cli.books.local import LocalBooks

    opening = looked_at if looks_only else opened
    with opening(settings_of(arguments)) as (store, sealer):
        yield LocalBooks(act_on(store, sealer))


def _caller_of(arguments: Namespace) -> Caller | None:
    """Return who calls which service; None where the local store is meant."""
    from sealstamp.credentials.finding import find_caller, find_server

    given = [option for option in ("--server", "--profile") if getattr(arguments, option.removeprefix("--"))]
    if arguments.config is not None:
        if given:
            hint = "leave one of the two out: the settings are those of a local store"
            raise ConfigurationError("--config", f"{given[0]} is given too", hint)
        return None
    server = arguments.server or find_server(profile=arguments.profile)
    if server is None and not given:
        return None
    caller = find_caller(profile=arguments.profile, server=server)
    if caller.server is None:
        raise ConfigurationError("--profile", f"{arguments.profile} has no server", "add one to it, or give --server")
    return caller
