"""``sealstamp operators``: who may call the management API, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import acting, add_config, settings_of
from sealstamp.cli.moments import read_moment, write_moment

if TYPE_CHECKING:
    from sealstamp.keys.operators import Operator

_ROLES = ("viewer", "operator", "admin")


def add(parser: ArgumentParser) -> None:
    """Say what ``operators`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def act(name: str, about: str, run: Callable[[Namespace], int]) -> ArgumentParser:
        added: ArgumentParser = acts.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        return added

    created = act("create", "make an operator and its pair, whose secret is shown this once", _create)
    created.add_argument("name", metavar="NAME", help="what the audit calls the operator; never used again")
    created.add_argument("--role", choices=_ROLES, required=True, help="what the operator may do")
    created.add_argument("--expires", metavar="TIME", help="when its key ends, as 2027-01-31T12:00:00Z")
    listed = act("list", "list operators, without their secrets", _list)
    revoked = act("revoke", "refuse an operator for ever", _revoke)
    revoked.add_argument("name", metavar="NAME", help="the operator's name")
    for one in (created, listed, revoked):
        add_config(one)
        output.add_json(one)


def _create(arguments: Namespace) -> int:
    from sealstamp.keys.acts import operators
    from sealstamp.keys.operators import Role

    expires_at_ms = None if arguments.expires is None else read_moment("--expires", arguments.expires)
    with acting(settings_of(arguments)) as act:
        made, credential = operators.create(act, arguments.name, Role(arguments.role), expires_at_ms=expires_at_ms)
    secret = credential.secret.reveal().decode()
    return output.show(arguments, {**_facts(made), "secret": secret}, lambda: _tell_pair(made, secret))


def _list(arguments: Namespace) -> int:
    with acting(settings_of(arguments)) as act:
        found = act.store.list_operators()
    columns = ("NAME", "ROLE", "ACCESS KEY ID", "STATUS", "EXPIRES")
    return output.show(arguments, [*map(_facts, found)], lambda: output.show_table(columns, map(_row, found)))


def _revoke(arguments: Namespace) -> int:
    from sealstamp.keys.acts import operators

    with acting(settings_of(arguments)) as act:
        revoked = operators.revoke(act, arguments.name)
    return output.show(arguments, _facts(revoked), lambda: output.say(f"{revoked.name} is revoked"))


def _tell_pair(operator: Operator, secret: str) -> None:
    output.say(f"access key id  {operator.access_key_id}")
    output.say(f"secret         {secret}")
    output.note("the secret is shown this once: keep it now")


def _facts(operator: Operator) -> dict[str, object]:
    return {
        "name": operator.name,
        "role": operator.role,
        "access_key_id": operator.access_key_id,
        "status": operator.status,
        "created": write_moment(operator.created_at_ms),
        "expires": write_moment(operator.expires_at_ms),
    }


def _row(operator: Operator) -> tuple[str, ...]:
    expires = write_moment(operator.expires_at_ms) or ""
    return operator.name, operator.role, operator.access_key_id, operator.status, expires
