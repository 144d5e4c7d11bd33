"""Consumers, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from sealstamp.resources.common import Amount, Given, Labels, Name, Paging, Told

Email = Annotated[str, Meta(max_length=254)]


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
    suspended_by_parent: bool
    version: int


class Consumers(Told, frozen=True):
    """A page of consumers."""

    items: list[Consumer]
    next_cursor: str | None


class ConsumerQuery(Paging, frozen=True):
    """Which consumers."""

    parent: Name | None = None


class ConsumerChange(Given, frozen=True):
    """What of a consumer is to change; null clears, what is absent stays."""

    email: Email | UnsetType | None = UNSET
    labels: Labels | UnsetType = UNSET
    parent: Name | UnsetType | None = UNSET
    plan: Name | UnsetType | None = UNSET
    max_sub_keys: Amount | UnsetType | None = UNSET
    quota_month: Amount | UnsetType | None = UNSET


class RevokedKeys(Told, frozen=True):
    """How many keys were revoked."""

    revoked: int


class NewConsumer(ConsumerChange, frozen=True, kw_only=True):
    """A consumer to be made."""

    name: Name
