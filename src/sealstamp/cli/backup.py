"""``sealstamp backup``: a copy of the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from sealstamp.cli import output
from sealstamp.cli.local import add_local, local_settings_of


def add(parser: ArgumentParser) -> None:
    """Say what ``backup`` takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the copy; there must be none")
    add_local(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Copy the store. Raises ConfigurationError, StoreUnavailableError."""
    from sealstamp.stores.backup import back_up

    back_up(local_settings_of(arguments).store, arguments.file, _tell)
    size = arguments.file.stat().st_size
    told = f"{arguments.file}: {size} bytes; secrets in it are sealed, and the sealing key is not in it"
    return output.show(arguments, {"file": str(arguments.file), "bytes": size}, lambda: output.say(told))


def _tell(left: int, whole: int) -> None:
    if left:
        output.note(f"sealstamp: {whole - left} of {whole} pages copied")
