"""Consumers, as the management API takes and gives them."""

from __future__ import annotations

from typing import Literal

from sealstamp.keys import domain
from sealstamp.resources.common import Name, Paging, Told


class Consumer(Told, frozen=True):
    """Who holds access keys."""

    name: str
    email: str | None
    labels: dict[str, str]
    parent: str | None
    plan: str | None
    status: Literal["active", "suspended"]
    max_sub_keys: int | None
    quota_month: int | None
    version: int


class Consumers(Told, frozen=True):
    """A page of consumers."""

    items: list[Consumer]
    next_cursor: str | None


class ConsumerQuery(Paging, frozen=True):
    """Which consumers."""

    parent: Name | None = None


def consumer_of(consumer: domain.Consumer) -> Consumer:
    """Return a consumer as the API tells of it."""
    return Consumer(
        name=consumer.name,
        email=consumer.email,
        labels=dict(consumer.labels),
        parent=consumer.parent,
        plan=consumer.plan,
        status=consumer.status.value,
        max_sub_keys=consumer.max_sub_keys,
        quota_month=consumer.quota_month,
        version=consumer.version,
    )
