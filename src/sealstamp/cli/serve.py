"""``sealstamp serve``: run the service."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sealstamp.cli import output
from sealstamp.cli.local import add_config, settings_of


def add(parser: ArgumentParser) -> None:
    """Say what ``serve`` takes."""
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Serve until told to stop."""
    from sealstamp.server.running import serve  # the server is imported only to serve

    settings = settings_of(arguments)
    output.note(f"sealstamp: listening on http://{settings.listen}")
    serve(settings, arguments.config)
    return output.DONE
