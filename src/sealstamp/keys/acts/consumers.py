"""Consumers: made, changed, put below each other, suspended and enabled, and deleted when they hold nothing.

An act that finds the consumer as it would leave it changes nothing, and leaves no audit entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypedDict, Unpack

from sealstamp.errors import KeyStateError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.attributes import Check, check_amount, check_labels, check_properties
from sealstamp.keys.documents import consumer_document
from sealstamp.keys.domain import Consumer, ConsumerStatus
from sealstamp.keys.mail import check_email
from sealstamp.keys.rules import check_name

MOST_LEVELS: Final = 8
"""How many consumers may stand below each other."""


class ConsumerProperties(TypedDict, total=False):
    """What can be given to a consumer, and changed later; what is left out stays as it is.

    ``Consumer`` tells of each.
    """

    email: str | None
    labels: Mapping[str, str]
    parent: str | None
    plan: str | None
    max_sub_keys: int | None
    quota_month: int | None


def create(act: Act, name: str, **properties: Unpack[ConsumerProperties]) -> Consumer:
    """Make a consumer.

    Raises KeyStateError when the name is taken, NotFoundError for the parent, and ConfigurationError for a name or a
    property that cannot be.
    """
    made = replace(Consumer(check_name("consumer", name)), **_checked(properties))
    with act.store.transaction():
        if act.store.find_consumer(name) is not None:
            raise KeyStateError(f"there is a consumer {name!r} already")
        _check_place(act, made)
        act.store.put_consumer(made)
        act.record("consumer.create", name, None, consumer_document(made))
    return made


def ensure(act: Act, name: str) -> Consumer:
    """Return the consumer with this name, which is made if it is new. Raises ConfigurationError for the name."""
    with act.store.transaction():
        return act.store.find_consumer(check_name("consumer", name)) or create(act, name)


def update(act: Act, name: str, **changes: Unpack[ConsumerProperties]) -> Consumer:
    """Change properties of a consumer.

    Raises NotFoundError, also for the parent, StaleVersionError, ConfigurationError for a property that cannot be, and
    KeyStateError for a parent that stands below the consumer, or too many levels.
    """

    def changed(consumer: Consumer) -> Consumer:
        after = replace(consumer, **_checked(changes))
        if after.parent != consumer.parent:
            _check_place(act, after)
        return after

    return change(act, "consumer.update", name, changed)


def suspend(act: Act, name: str) -> Consumer:
    """Refuse its keys, and those of every consumer below it, until it is enabled.

    Raises NotFoundError, StaleVersionError.
    """
    return change(act, "consumer.suspend", name, lambda one: replace(one, status=ConsumerStatus.SUSPENDED))


def enable(act: Act, name: str) -> Consumer:
    """Accept its keys again, unless a consumer above it is suspended. Raises NotFoundError, StaleVersionError."""
    return change(act, "consumer.enable", name, lambda one: replace(one, status=ConsumerStatus.ACTIVE))


def delete(act: Act, name: str) -> None:
    """Forget a consumer.

    Raises NotFoundError, StaleVersionError, and KeyStateError while it holds keys or has consumers below it.
    """
    with act.store.transaction():
        before = act.store.get_consumer(name)
        act.check_version(f"consumer {name!r}", before.version)
        act.store.delete_consumer(name)
        act.record("consumer.delete", name, consumer_document(before), None)


def change(act: Act, act_name: str, name: str, make: Callable[[Consumer], Consumer]) -> Consumer:
    """Keep what ``make`` makes of a consumer, and record it under ``act_name``. Raises as ``update`` does."""
    with act.store.transaction():
        before = act.store.get_consumer(name)
        act.check_version(f"consumer {name!r}", before.version)
        after = make(before)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        act.store.put_consumer(after)
        act.record(act_name, name, consumer_document(before), consumer_document(after))
    return after


def _checked(properties: ConsumerProperties) -> dict[str, Any]:
    return check_properties(dict(properties), _CHECKS)


_CHECKS: Final[Mapping[str, Check]] = {
    "email": check_email,
    "labels": check_labels,
    "parent": check_name,
    "plan": check_name,
    "max_sub_keys": check_amount,
    "quota_month": check_amount,
}


def _check_place(act: Act, consumer: Consumer) -> None:
    """Raise KeyStateError where ``consumer`` would stand below itself or too deep, NotFoundError for its parent."""
    if consumer.parent is None:
        return
    line = act.store.consumer_line(consumer.parent)
    if any(above.name == consumer.name for above in line):
        raise KeyStateError(f"consumer {consumer.parent!r} stands below {consumer.name!r}, or is it")
    if len(line) + _levels(act, consumer.name) > MOST_LEVELS:
        raise KeyStateError(f"more than {MOST_LEVELS} consumers would stand below each other")


def _levels(act: Act, name: str) -> int:
    """Return how many levels a consumer and those below it are."""
    levels, level = 0, [name]
    while level:
        levels += 1
        level = [below.name for one in level for below in act.store.list_consumers(parent=one)]
    return levels
