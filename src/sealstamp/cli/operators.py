"""``sealstamp operators``: who may call the management API."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.moments import read_moment, write_moment
from sealstamp.keys.rules import check_name

if TYPE_CHECKING:
    from sealstamp.resources import Operator

_ROLES = ("viewer", "operator", "admin")
_COLUMNS = ("NAME", "ROLE", "ACCESS KEY ID", "STATUS", "EXPIRES")


def add(parser: ArgumentParser) -> None:
    """Say what ``operators`` takes."""
    acts = Acts(parser)
    created = acts.add("create", "make an operator and its pair, whose secret is shown this once", _create)
    created.add_argument("name", metavar="NAME", help="what the audit calls the operator; never used again")
    created.add_argument("--role", choices=_ROLES, required=True, help="what the operator may do")
    created.add_argument("--expires", metavar="TIME", help="when its key ends, as 2027-01-31T12:00:00Z")
    acts.add("list", "list operators, without their secrets", _list)
    updated = acts.add("update", "give an operator another role, which counts at once", _update)
    updated.add_argument("--role", choices=_ROLES, required=True, help="what the operator may do from now on")
    revoked = acts.add("revoke", "refuse an operator for ever", _revoke)
    for one in (updated, revoked):
        one.add_argument("name", metavar="NAME", help="the operator's name")


def _create(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources import NewOperator
    from sealstamp.resources.common import moment_of

    expires = None if arguments.expires is None else moment_of(read_moment("--expires", arguments.expires))
    wanted = NewOperator(name=check_name("operator", arguments.name), role=arguments.role, expires=expires)
    with opened_books(arguments) as books:
        pair = books.create_operator(wanted)
    secret = pair.secret.reveal().decode()
    told = {**document(pair.operator), "secret": secret}
    return output.show(arguments, told, lambda: _tell_pair(pair.access_key_id, secret))


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.common import Paging

    with opened_books(arguments) as books:
        found = list(books.list_operators(Paging(limit=1_000)))
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(_COLUMNS, map(_row, found)))


def _update(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources import OperatorChange

    with opened_books(arguments) as books:
        updated = books.update_operator(arguments.name, OperatorChange(role=arguments.role))
    return output.show(arguments, document(updated), lambda: output.say(f"{updated.name} is {updated.role}"))


def _revoke(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document

    with opened_books(arguments) as books:
        revoked = books.revoke_operator(arguments.name)
    return output.show(arguments, document(revoked), lambda: output.say(f"{revoked.name} is revoked"))


def _tell_pair(access_key_id: str, secret: str) -> None:
    output.say(f"access key id  {access_key_id}")
    output.say(f"secret         {secret}")
    output.note("the secret is shown this once: keep it now")


def _row(operator: Operator) -> tuple[str, ...]:
    from sealstamp.resources.common import ms_of

    expires = write_moment(ms_of(operator.expires)) or ""
    return operator.name, operator.role, operator.access_key_id, operator.status, expires
