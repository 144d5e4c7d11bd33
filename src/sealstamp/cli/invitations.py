"""``sealstamp invitations``: whoever has an invitation's token claims an access key with it, once."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.moments import now_ms, write_moment
from sealstamp.cli.numbers import read_number
from sealstamp.cli.properties import add_key_terms, key_fields, told_by_option
from sealstamp.keys.rules import check_name

if TYPE_CHECKING:
    from sealstamp.resources.pairs import Invitation

STATUSES = ("open", "claimed", "withdrawn")
_COLUMNS = ("ID", "CONSUMER", "STATUS", "EXPIRES", "EMAIL", "ACCESS KEY ID")


def add(parser: ArgumentParser) -> None:
    """Say what ``invitations`` takes."""
    acts = Acts(parser)
    sent = acts.add("send", "invite somebody to claim a key that has what is said here", _send)
    sent.add_argument("--consumer", required=True, metavar="NAME", help="who will hold the key; made if it is new")
    sent.add_argument("--holder", metavar="TEXT", help="the name of the person, for the mail")
    sent.add_argument("--email", metavar="ADDRESS", help="mail the token there; else it is shown, this once")
    add_key_terms(sent)
    listed = acts.add("list", "list invitations, without their tokens", _list)
    listed.add_argument("--status", choices=STATUSES, help="only those of this status")
    listed.add_argument("--consumer", metavar="NAME", help="only those of this consumer")
    renewed = acts.add("renew", "give an open invitation a new token and new time", _renew)
    withdrawn = acts.add("withdraw", "take an open invitation back", _withdraw)
    for one in (renewed, withdrawn):
        one.add_argument("id", metavar="ID", help="the invitation's id")
    for one in (sent, renewed):
        add_days(one)


def add_days(parser: ArgumentParser) -> None:
    """Ask how long an invitation is good."""
    parser.add_argument(
        "--days", default="7", metavar="N", help="for how many days it is good, 1 to 90; 7 if not given"
    )


def _send(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import KeyTerms, NewInvitation

    with told_by_option():
        wanted = NewInvitation(
            consumer=check_name("consumer", arguments.consumer),
            terms=KeyTerms(**key_fields(arguments)),
            days=read_number("--days", arguments.days),
            holder=arguments.holder,
            email=arguments.email,
        )
        with opened_books(arguments) as books, books.together():
            books.ensure_consumer(arguments.consumer)
            made = books.create_invitation(wanted)
    return _tell_token(arguments, made)


def _list(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import InvitationQuery

    query = InvitationQuery(status=arguments.status, consumer=arguments.consumer, limit=1_000)
    with told_by_option(), opened_books(arguments) as books:
        found = list(books.list_invitations(query))
    return output.show(arguments, [*map(_document, found)], lambda: output.show_table(_COLUMNS, map(_row, found)))


def _renew(arguments: Namespace) -> int:
    from sealstamp.resources.pairs import Renewal

    days = read_number("--days", arguments.days)
    with told_by_option(), opened_books(arguments) as books:
        renewed = books.renew_invitation(arguments.id, Renewal(days=days))
    return _tell_token(arguments, renewed)


def _withdraw(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        withdrawn = books.withdraw_invitation(arguments.id)
    return output.show(arguments, _document(withdrawn), lambda: output.say(f"{withdrawn.id} is withdrawn"))


def _document(invitation: Invitation) -> dict[str, Any]:
    """Return all there is to tell of an invitation, with its token where that is known, which is once."""
    from sealstamp.cli.documents import document

    told = document(invitation)
    if invitation.token is None:
        del told["token"]
    else:
        told["token"] = invitation.token.reveal().decode()
    return told


def _tell_token(arguments: Namespace, invitation: Invitation) -> int:
    def tell() -> None:
        output.say(f"invitation     {invitation.id}")
        if invitation.token is None:
            output.note(f"the token goes to {invitation.email} by mail")
        else:
            output.say(f"token          {invitation.token.reveal().decode()}")
            output.note("the token is shown this once: hand it over now")

    return output.show(arguments, _document(invitation), tell)


def _row(invitation: Invitation) -> tuple[str, ...]:
    from sealstamp.resources.common import ms_of

    expires_at_ms = ms_of(invitation.expires) or 0
    is_over = invitation.status == "open" and expires_at_ms <= now_ms()
    status = "expired" if is_over else invitation.status
    expires = write_moment(expires_at_ms) or ""
    return invitation.id, invitation.consumer, status, expires, invitation.email or "", invitation.access_key_id or ""
