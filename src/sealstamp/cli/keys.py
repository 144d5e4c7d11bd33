"""``sealstamp keys``: the life of access keys."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import new_keys, output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.moments import now_ms, read_moment, write_moment
from sealstamp.cli.properties import add_key_changes, key_fields, told_by_option
from sealstamp.cli.telling_keys import show_key, show_keys, show_whole
from sealstamp.errors import NotFoundError

if TYPE_CHECKING:
    from sealstamp.client import Client
    from sealstamp.resources import AccessKey

_MOVES = {
    "disable": "refuse a key until it is enabled again",
    "enable": "accept a disabled key again",
    "revoke": "refuse a key for ever",
}
"""What the books do with a key that is there."""


def add(parser: ArgumentParser) -> None:
    """Say what ``keys`` takes."""
    acts = Acts(parser)
    new_keys.add(acts)
    listed = acts.add("list", "list access keys, without their secrets", _list)
    listed.add_argument("--api", metavar="NAME", help="only keys for this API")
    listed.add_argument("--consumer", metavar="NAME", help="only keys of this consumer")
    listed.add_argument("--issuer", metavar="NAME", help="only sub keys that this distributor has issued")
    about = "show all there is to tell of a key, when it was last used, and which replaced it"
    shown = acts.add("show", about, _show)
    updated = acts.add("update", "change properties of a key; what is not named stays", _update)
    expired = acts.add("expire", "set when a key ends", _expire)
    moved = [acts.add(name, about, _move) for name, about in _MOVES.items()]
    deleted = acts.add("delete", "forget a revoked key", _delete)
    for one in (shown, updated, expired, *moved, deleted):
        one.add_argument("access_key_id", metavar="ID", help="the access key id")
    expired.add_argument("when", metavar="WHEN", help="now, never, a time as 2027-01-31T12:00:00Z, or from now on: 24h")
    add_key_changes(updated)


def _list(arguments: Namespace) -> int:
    from sealstamp.resources import AccessKeyQuery

    chosen = {"api": arguments.api, "consumer": arguments.consumer, "issuer": arguments.issuer}
    query = AccessKeyQuery(**chosen, limit=1_000)
    with told_by_option(), opened_books(arguments) as books:
        keys = list(books.list_access_keys(query))
    return show_keys(arguments, keys)


def _show(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        key = books.get_access_key(arguments.access_key_id)
        ids = [name for name in (key.replaces, key.replaced_by) if name is not None]
        others = [other for name in ids if (other := _find(books, name)) is not None]
    return show_whole(arguments, key, others)


def _find(books: Client, access_key_id: str) -> AccessKey | None:
    try:
        return books.get_access_key(access_key_id)
    except NotFoundError:
        return None


def _update(arguments: Namespace) -> int:
    from sealstamp.resources import AccessKeyChange

    with told_by_option(), opened_books(arguments) as books:
        key = books.update_access_key(arguments.access_key_id, AccessKeyChange(**key_fields(arguments)))
    return show_key(arguments, key, f"is version {key.version}")


def _expire(arguments: Namespace) -> int:
    from sealstamp.resources import Expiry
    from sealstamp.resources.common import moment_of, ms_of

    expires = moment_of(_moment(arguments.when, now_ms()))
    with opened_books(arguments) as books:
        key = books.expire_access_key(arguments.access_key_id, Expiry(expires=expires))
    return show_key(arguments, key, f"ends {write_moment(ms_of(key.expires)) or 'never'}")


def _moment(text: str, now_ms: int) -> int | None:
    """Read when a key ends: ``now``, ``never``, a time, or how long from now on."""
    from sealstamp.core.timing import parse_duration

    if text in ("never", "now"):
        return None if text == "never" else now_ms
    try:
        return now_ms + parse_duration(text)
    except ValueError:
        return read_moment("when it ends", text)


def _move(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        key: AccessKey = getattr(books, f"{arguments.command}_access_key")(arguments.access_key_id)
    return show_key(arguments, key, f"is {key.status}")


def _delete(arguments: Namespace) -> int:
    key_id = arguments.access_key_id
    with opened_books(arguments) as books:
        books.delete_access_key(key_id)
    return output.show(arguments, {"deleted": key_id}, lambda: output.say(f"{key_id} is deleted"))
