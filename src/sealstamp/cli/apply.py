"""``sealstamp apply``: make the keys' books match a file, saying what changes."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.books import add_books, opened_books

if TYPE_CHECKING:
    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.planning import Change
    from sealstamp.resources.apply import Applied


def add(parser: ArgumentParser) -> None:
    """Say what ``apply`` takes."""
    parser.add_argument("-f", "--file", type=Path, required=True, metavar="FILE", help="APIs, consumers and keys")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--prune", action="store_true", help="drop what is not in the file; revoke its keys")
    add_books(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Plan, carry out and print: a reader who goes away must not keep a change from being made."""
    from sealstamp.cli.documents import document

    with opened_books(arguments, looks_only=arguments.dry_run) as books:
        applied = books.apply_file(arguments.file, prune=arguments.prune, dry_run=arguments.dry_run)
    return output.show(arguments, document(applied), lambda: _tell(applied))


def apply_file(file: Path, act: Act, *, prune: bool = False, dry_run: bool = False) -> Sequence[Change]:
    """Make the store match ``file``; return what changed, or would.

    Raises ConfigurationError for the file, KeyStateError when the store changes meanwhile.
    """
    from sealstamp.keys.manifest import load_manifest
    from sealstamp.keys.planning import carry_out, plan
    from sealstamp.keys.schemes import Shelf

    shelf = Shelf(act.store.list_schemes())
    manifest = load_manifest(file, check_scheme=shelf.check, environment=os.environ)
    changes = plan(manifest, act.store, act.sealer, now_ms=act.now_ms, prune=prune)
    if not dry_run:
        carry_out(act, changes)
    return changes


def _tell(applied: Applied) -> None:
    for change in applied.changes:
        fields = f": {', '.join(change.fields)}" if change.fields else ""
        output.say(f"{change.action} {change.kind} {change.name}{fields}")
    if not applied.changes:
        output.say("nothing to change")
    elif applied.dry_run:
        output.note("nothing was changed: this was a dry run")
