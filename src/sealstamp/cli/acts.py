"""The commands of a group, each of which works on the keys' books."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from sealstamp.cli import output
from sealstamp.cli.books import add_books


class Acts:
    """The commands of the group that ``parser`` is for; ``arguments.command`` is the name of the one that runs."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(
        self, name: str, about: str, run: Callable[[Namespace], int], *, json: str = "print JSON"
    ) -> ArgumentParser:
        """Add a command; whatever else it takes is asked of what is returned."""
        added: ArgumentParser = self._commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run, command=name)
        add_books(added)
        output.add_json(added, json)
        return added
