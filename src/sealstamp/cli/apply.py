"""``sealstamp apply``: make the store match a file, saying what changes."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import act_on, add_local, local_settings_of, looked_at, opened
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError

if TYPE_CHECKING:
    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.planning import Change
    from sealstamp.keys.schemes import Shelf


def add(parser: ArgumentParser) -> None:
    """Say what ``apply`` takes."""
    parser.add_argument("-f", "--file", type=Path, required=True, metavar="FILE", help="APIs, consumers and keys")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--prune", action="store_true", help="drop what is not in the file; revoke its keys")
    add_local(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Plan, carry out and print: a reader who goes away must not keep a change from being made."""
    opening = looked_at if arguments.dry_run else opened
    with opening(local_settings_of(arguments)) as (store, sealer):
        changes = apply_file(arguments.file, act_on(store, sealer), prune=arguments.prune, dry_run=arguments.dry_run)
    document = {"dry_run": arguments.dry_run, "changes": [_facts(change) for change in changes]}
    return output.show(arguments, document, lambda: _tell(changes, dry_run=arguments.dry_run))


def apply_file(file: Path, act: Act, *, prune: bool = False, dry_run: bool = False) -> Sequence[Change]:
    """Make the store match ``file``; return what changed, or would.

    Raises ConfigurationError for the file, KeyStateError when the store changes meanwhile.
    """
    from sealstamp.keys.manifest import load_manifest
    from sealstamp.keys.planning import carry_out, plan
    from sealstamp.keys.schemes import Shelf

    shelf = Shelf(act.store.list_schemes())
    manifest = load_manifest(file, check_scheme=partial(_check_scheme, shelf), environment=os.environ)
    changes = plan(manifest, act.store, act.sealer, now_ms=act.now_ms, prune=prune)
    if not dry_run:
        carry_out(act, changes)
    return changes


def _check_scheme(shelf: Shelf, name: str, parameters: Mapping[str, str]) -> None:
    try:
        shelf.get(name, parameters)
    except (NotFoundError, SchemeError, ConfigurationError) as error:
        # The reader of the file puts its own place before the problem, so that the whole is told.
        problem, _, hint = str(error).partition("\nhint: ")
        raise ConfigurationError("schemes", problem, hint) from None


def _tell(changes: Sequence[Change], *, dry_run: bool) -> None:
    for change in changes:
        output.say(str(change))
    if not changes:
        output.say("nothing to change")
    elif dry_run:
        output.note("nothing was changed: this was a dry run")


def _facts(change: Change) -> dict[str, object]:
    fields = [str(field) for field in change.fields]
    return {"action": change.action, "kind": change.kind, "name": change.name, "fields": fields}
