"""``sealstamp apis``: what is guarded."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books

if TYPE_CHECKING:
    from sealstamp.resources import Api

_COLUMNS = ("NAME", "HOST", "PREFIX", "SCHEMES", "ENFORCEMENT", "UPSTREAM")


def add(parser: ArgumentParser) -> None:
    """Say what ``apis`` takes."""
    Acts(parser).add("list", "list the guarded APIs", _list)


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.common import Paging

    with opened_books(arguments) as books:
        apis = list(books.list_apis(Paging(limit=1_000)))
    return output.show(arguments, [*map(document, apis)], lambda: output.show_table(_COLUMNS, map(_row, apis)))


def _row(api: Api) -> tuple[str, ...]:
    schemes = ",".join(choice.name for choice in api.schemes)
    return api.name, api.host, api.path_prefix, schemes, api.enforcement, api.upstream or ""
