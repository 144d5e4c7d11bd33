"""``sealstamp requests``: what strangers ask for, and what they are answered."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.invitations import add_days
from sealstamp.cli.moments import write_moment
from sealstamp.cli.numbers import read_number
from sealstamp.cli.properties import add_key_terms, key_fields, told_by_option

if TYPE_CHECKING:
    from sealstamp.resources.pairs import AccessRequest

_COLUMNS = ("ID", "STATUS", "CREATED", "API", "EMAIL", "NAME")


def add(parser: ArgumentParser) -> None:
    """Say what ``requests`` takes."""
    acts = Acts(parser)
    listed = acts.add("list", "list access requests", _list)
    listed.add_argument("--status", choices=("open", "approved", "declined"), help="only those of this status")
    shown = acts.add("show", "show all there is to tell of an access request", _show)
    approved = acts.add("approve", "invite whoever asked, by mail, to claim a key that has what is said here", _approve)
    declined = acts.add("decline", "decline, and mail the reason", _decline)
    for one in (shown, approved, declined):
        one.add_argument("id", metavar="ID", help="the request's id")
    who = "who will hold the key; made if it is new; called by the mail address if not given"
    approved.add_argument("--consumer", metavar="NAME", help=who)
    add_days(approved)
    add_key_terms(approved)
    declined.add_argument("--reason", required=True, metavar="TEXT", help="why not, for whoever asked")


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.pairs import AccessRequestQuery

    query = AccessRequestQuery(status=arguments.status, limit=1_000)
    with opened_books(arguments) as books:
        found = list(books.list_access_requests(query))
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(_COLUMNS, map(_row, found)))


def _show(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document

    with opened_books(arguments) as books:
        told = document(books.get_access_request(arguments.id))

    def tell() -> None:
        for name, value in told.items():
            output.say(f"{name:<13}  {_line(value)}".rstrip())

    return output.show(arguments, told, tell)


def _line(value: object) -> str:
    """Return a value as one line: what a stranger wrote must not look like more of this page."""
    return "" if value is None else " ".join(str(value).split())


def _approve(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import Approval, KeyTerms

    with told_by_option():
        terms = KeyTerms(**key_fields(arguments))
        wanted = Approval(consumer=arguments.consumer, terms=terms, days=read_number("--days", arguments.days))
        with opened_books(arguments) as books:
            approved = books.approve_access_request(arguments.id, wanted)
    return _tell(arguments, approved, f"is approved: {approved.invitation} invites {approved.consumer}")


def _decline(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import Refusal

    with told_by_option(), opened_books(arguments) as books:
        declined = books.decline_access_request(arguments.id, Refusal(reason=arguments.reason))
    return _tell(arguments, declined, "is declined")


def _tell(arguments: Namespace, request: AccessRequest, what: str) -> int:
    from sealstamp.cli.documents import document

    return output.show(arguments, document(request), lambda: output.say(f"{request.id} {what}"))


def _row(request: AccessRequest) -> tuple[str, ...]:
    from sealstamp.resources.common import ms_of

    created = write_moment(ms_of(request.created)) or ""
    return request.id, request.status, created, request.api, request.email, request.name
