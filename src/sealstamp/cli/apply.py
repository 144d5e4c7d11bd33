"""``sealstamp apply``: make the store match a file, saying what changes."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from sealstamp.cli import output
from sealstamp.cli.local import add_config, now_ms, opened
from sealstamp.keys.manifest import load_manifest
from sealstamp.keys.planning import Change, carry_out, plan
from sealstamp.schemes import get_scheme


def add(parser: ArgumentParser) -> None:
    """Say what ``apply`` takes."""
    parser.add_argument("-f", "--file", type=Path, required=True, metavar="FILE", help="APIs, consumers and keys")
    parser.add_argument("--dry-run", action="store_true", help="only print what would change")
    parser.add_argument("--prune", action="store_true", help="drop what is not in the file; revoke its keys")
    add_config(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Plan, print, and carry out."""
    manifest = load_manifest(arguments.file, check_scheme=_check_scheme, environment=os.environ)
    with opened(arguments) as (store, sealer):
        changes = plan(manifest, store, sealer, now_ms=now_ms(), prune=arguments.prune)
        if arguments.json:
            output.show_json({"dry_run": arguments.dry_run, "changes": [_facts(change) for change in changes]})
        else:
            _tell(changes)
        if not arguments.dry_run:
            carry_out(changes, store)
    return output.DONE


def _check_scheme(name: str, parameters: Mapping[str, str]) -> None:
    get_scheme(name, parameters)


def _tell(changes: tuple[Change, ...]) -> None:
    for change in changes:
        output.say(str(change))
    if not changes:
        output.say("nothing to change")


def _facts(change: Change) -> dict[str, object]:
    fields = [str(field) for field in change.fields]
    return {"action": change.action, "kind": change.kind, "name": change.name, "fields": fields}
