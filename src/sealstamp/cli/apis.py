"""``sealstamp apis``: what is guarded, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import add_config, opened, settings_of

if TYPE_CHECKING:
    from sealstamp.keys.domain import Api


def add(parser: ArgumentParser) -> None:
    """Say what ``apis`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "list the guarded APIs"
    listed = acts.add_parser("list", help=about, description=about)
    add_config(listed)
    output.add_json(listed)
    listed.set_defaults(run=_list)


def _list(arguments: Namespace) -> int:
    from sealstamp.keys.documents import api_document

    with opened(settings_of(arguments)) as (store, _):
        apis = store.list_apis()
    columns = ("NAME", "HOST", "PREFIX", "SCHEMES", "ENFORCEMENT", "UPSTREAM")
    return output.show(arguments, [*map(api_document, apis)], lambda: output.show_table(columns, map(_row, apis)))


def _row(api: Api) -> tuple[str, ...]:
    schemes = ",".join(choice.name for choice in api.schemes)
    return api.name, api.host, api.path_prefix, schemes, api.enforcement, api.upstream or ""
