"""``sealstamp usage``: how many requests there were, of what."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any, Final

from sealstamp.cli import output
from sealstamp.cli.books import add_books, opened_books
from sealstamp.cli.moments import read_moment
from sealstamp.cli.properties import told_by_option

_BY: Final = {
    "hour": "hour",
    "day": "day",
    "api": "api",
    "access_key": "access_key_id",
    "consumer": "consumer",
    "reason": "reason",
}
"""What usage can be added up by, and where a sum says which."""


def add(parser: ArgumentParser) -> None:
    """Say what ``usage`` takes."""
    what = "what to add up by; may come again; api and reason if not given"
    parser.add_argument("--by", action="append", choices=[*_BY], help=what)
    parser.add_argument("--since", metavar="TIME", help="only from this hour on, as 2027-01-31T12:00:00Z")
    parser.add_argument("--until", metavar="TIME", help="only before this time")
    parser.add_argument("--api", metavar="NAME", help="only requests to this API")
    parser.add_argument("--access-key-id", metavar="ID", help="only requests with this key")
    parser.add_argument("--consumer", metavar="NAME", help="only requests with keys of this consumer")
    add_books(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Add up and print, with the total."""
    from sealstamp.cli.documents import document
    from sealstamp.resources import UsageQuery
    from sealstamp.resources.common import moment_of

    by = [*dict.fromkeys(arguments.by or ("api", "reason"))]
    query = UsageQuery(
        since=None if arguments.since is None else moment_of(read_moment("--since", arguments.since)),
        until=None if arguments.until is None else moment_of(read_moment("--until", arguments.until)),
        api=arguments.api,
        access_key_id=arguments.access_key_id,
        consumer=arguments.consumer,
        by=",".join(by),
        limit=1_000,
    )
    with told_by_option(), opened_books(arguments) as books:
        sums = [document(one) for one in books.sum_usage(query)]
    told = {"sums": sums, "total": sum(one["requests"] for one in sums)}
    return output.show(arguments, told, lambda: _tell(by, sums, told["total"]))


def _tell(by: Sequence[str], sums: Sequence[dict[str, Any]], total: object) -> None:
    columns = [name.upper().replace("_", " ") for name in by]
    rows = [(*(str(one.get(_BY[name], "")) for name in by), str(one["requests"])) for one in sums]
    last = ("TOTAL", *[""] * (len(by) - 1), str(total))
    output.show_table([*columns, "REQUESTS"], [*rows, last])
