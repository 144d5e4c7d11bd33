"""The commands of a group, most of which work on the keys' books."""

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
        self,
        name: str,
        about: str,
        run: Callable[[Namespace], int],
        *,
        json: str = "print JSON",
        ask: Callable[[ArgumentParser], None] = add_books,
    ) -> ArgumentParser:
        """Add a command, with ``ask`` for what it works on; whatever else it takes is asked of what is returned."""
        added: ArgumentParser = self._commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run, command=name)
        ask(added)
        output.add_json(added, json)
        return added


def ask_nothing(_parser: ArgumentParser) -> None:
    """Ask for nothing: what a command works on is not kept anywhere."""
