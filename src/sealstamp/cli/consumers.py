"""``sealstamp consumers``: who holds access keys."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.properties import add_consumer_changes, add_consumer_properties, consumer_fields, told_by_option
from sealstamp.keys.rules import check_name

if TYPE_CHECKING:
    from sealstamp.resources import Consumer

_MOVES = {
    "suspend": "refuse its keys, and those of every consumer below it, until it is enabled",
    "enable": "accept the keys of a suspended consumer again",
}
"""What the books do with a consumer that is there."""
_COLUMNS = ("NAME", "STATUS", "PARENT", "PLAN", "EMAIL")


def add(parser: ArgumentParser) -> None:
    """Say what ``consumers`` takes."""
    acts = Acts(parser)
    listed = acts.add("list", "list consumers", _list)
    listed.add_argument("--parent", metavar="NAME", help="only those right below this consumer")
    created = acts.add("create", "make a consumer", _create)
    updated = acts.add("update", "change properties of a consumer; what is not named stays", _update)
    moved = [acts.add(name, about, _move) for name, about in _MOVES.items()]
    emptied = acts.add("revoke-keys", "refuse all its access keys for ever", _revoke_keys)
    deleted = acts.add("delete", "forget a consumer that holds no keys and has no consumers below it", _delete)
    for one in (created, updated, *moved, emptied, deleted):
        one.add_argument("name", metavar="NAME", help="the consumer's name")
    add_consumer_properties(created)
    add_consumer_changes(updated)


def _list(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources import ConsumerQuery

    with told_by_option(), opened_books(arguments) as books:
        found = list(books.list_consumers(ConsumerQuery(parent=arguments.parent, limit=1_000)))
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(_COLUMNS, map(_row, found)))


def _create(arguments: Namespace) -> int:
    from sealstamp.resources import NewConsumer

    wanted = NewConsumer(name=check_name("consumer", arguments.name), **consumer_fields(arguments))
    with told_by_option(), opened_books(arguments) as books:
        made = books.create_consumer(wanted)
    return _tell(arguments, made, "made")


def _update(arguments: Namespace) -> int:
    from sealstamp.resources import ConsumerChange

    with told_by_option(), opened_books(arguments) as books:
        updated = books.update_consumer(arguments.name, ConsumerChange(**consumer_fields(arguments)))
    return _tell(arguments, updated, f"is version {updated.version}")


def _move(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        moved: Consumer = getattr(books, f"{arguments.command}_consumer")(arguments.name)
    return _tell(arguments, moved, f"is {moved.status}")


def _revoke_keys(arguments: Namespace) -> int:
    name = arguments.name
    with opened_books(arguments) as books:
        revoked = books.revoke_consumer_keys(name).revoked
    return output.show(arguments, {"revoked": revoked}, lambda: output.say(f"{name}: {revoked} revoked"))


def _delete(arguments: Namespace) -> int:
    with opened_books(arguments) as books:
        books.delete_consumer(arguments.name)
    return output.show(arguments, {"deleted": arguments.name}, lambda: output.say(f"{arguments.name} is deleted"))


def _tell(arguments: Namespace, consumer: Consumer, what: str) -> int:
    from sealstamp.cli.documents import document

    return output.show(arguments, document(consumer), lambda: output.say(f"{consumer.name} {what}"))


def _row(consumer: Consumer) -> tuple[str, ...]:
    return consumer.name, consumer.status, consumer.parent or "", consumer.plan or "", consumer.email or ""
