"""``sealstamp consumers``: who holds access keys, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import acting, add_config, settings_of
from sealstamp.cli.properties import (
    add_consumer_changes,
    add_consumer_properties,
    consumer_properties,
    told_by_option,
)

if TYPE_CHECKING:
    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.domain import Consumer

_MOVES = {
    "suspend": "refuse its keys, and those of every consumer below it, until it is enabled",
    "enable": "accept the keys of a suspended consumer again",
}
"""What ``keys.acts.consumers`` does with a consumer that is there."""


def add(parser: ArgumentParser) -> None:
    """Say what ``consumers`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def act(name: str, about: str, run: Callable[[Namespace], int]) -> ArgumentParser:
        added: ArgumentParser = acts.add_parser(name, help=about, description=about)
        added.set_defaults(run=run, act=name)
        return added

    listed = act("list", "list consumers", _list)
    listed.add_argument("--parent", metavar="NAME", help="only those right below this consumer")
    created = act("create", "make a consumer", _create)
    updated = act("update", "change properties of a consumer; what is not named stays", _update)
    moved = [act(name, about, _move) for name, about in _MOVES.items()]
    emptied = act("revoke-keys", "refuse all its access keys for ever", _revoke_keys)
    deleted = act("delete", "forget a consumer that holds no keys and has no consumers below it", _delete)
    for one in (created, updated, *moved, emptied, deleted):
        one.add_argument("name", metavar="NAME", help="the consumer's name")
    add_consumer_properties(created)
    add_consumer_changes(updated)
    for one in (listed, created, updated, *moved, emptied, deleted):
        add_config(one)
        output.add_json(one)


def _list(arguments: Namespace) -> int:
    from sealstamp.keys.documents import consumer_document

    with acting(settings_of(arguments)) as act:
        found = act.store.list_consumers(parent=arguments.parent)
    columns = ("NAME", "STATUS", "PARENT", "PLAN", "EMAIL")
    documents = [*map(consumer_document, found)]
    return output.show(arguments, documents, lambda: output.show_table(columns, map(_row, found)))


def _create(arguments: Namespace) -> int:
    from sealstamp.keys.acts import consumers

    with told_by_option(), acting(settings_of(arguments)) as act:
        made = consumers.create(act, arguments.name, **consumer_properties(arguments))
    return _tell(arguments, made, "made")


def _update(arguments: Namespace) -> int:
    from sealstamp.keys.acts import consumers

    with told_by_option(), acting(settings_of(arguments)) as act:
        updated = consumers.update(act, arguments.name, **consumer_properties(arguments))
    return _tell(arguments, updated, f"is version {updated.version}")


def _move(arguments: Namespace) -> int:
    from sealstamp.keys.acts import consumers

    move: Callable[[Act, str], Consumer] = getattr(consumers, arguments.act)
    with acting(settings_of(arguments)) as act:
        moved = move(act, arguments.name)
    return _tell(arguments, moved, f"is {moved.status}")


def _revoke_keys(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    name = arguments.name
    with acting(settings_of(arguments)) as act:
        revoked = access_keys.revoke_all(act, name)
    return output.show(arguments, {"revoked": revoked}, lambda: output.say(f"{name}: {revoked} revoked"))


def _delete(arguments: Namespace) -> int:
    from sealstamp.keys.acts import consumers

    with acting(settings_of(arguments)) as act:
        consumers.delete(act, arguments.name)
    return output.show(arguments, {"deleted": arguments.name}, lambda: output.say(f"{arguments.name} is deleted"))


def _tell(arguments: Namespace, consumer: Consumer, what: str) -> int:
    from sealstamp.keys.documents import consumer_document

    return output.show(arguments, consumer_document(consumer), lambda: output.say(f"{consumer.name} {what}"))


def _row(consumer: Consumer) -> tuple[str, ...]:
    return consumer.name, consumer.status, consumer.parent or "", consumer.plan or "", consumer.email or ""
