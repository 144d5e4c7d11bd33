"""Distributors, their customers and sub keys, as the management API takes and gives them."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from sealstamp.core.credential import Secret
from sealstamp.resources.access_keys import AccessKeyChange, Grace, LastUse
from sealstamp.resources.common import Amount, Given, Labels, Moment, Name, Paging, Told
from sealstamp.resources.consumers import Email
from sealstamp.resources.pairs import Plan


class Distributor(Told, frozen=True):
    """Who signs, and what it may give to its customers; null is no limit.

    ``sub_keys`` and ``quota_month_used`` are what is taken of ``max_sub_keys`` and of ``quota_month``, which all share.
    Every customer is on one of ``plans``, unless there are none.
    """

    name: str
    access_key_id: str
    apis: list[str]
    scopes: list[str]
    networks: list[str]
    expires: Moment | None
    rate_limit: str | None
    quota_day: int | None
    quota_month: int | None
    shared_quota_month: int | None
    shared_quota_month_used: int
    max_sub_keys: int | None
    sub_keys: int
    plans: list[Plan]


class SubConsumer(Told, frozen=True):
    """A distributor's customer. ``disabled`` is what the provider has suspended."""

    name: str
    email: str | None
    labels: dict[str, str]
    plan: str | None
    status: Literal["active", "suspended", "disabled"]
    quota_month: int | None
    version: int


class SubConsumers(Told, frozen=True):
    """A page of customers."""

    items: list[SubConsumer]
    next_cursor: str | None


class SubConsumerQuery(Paging, frozen=True):
    """Which customers."""


class SubConsumerChange(Given, frozen=True):
    """What of a customer is to change; null clears, what is absent stays."""

    email: Email | UnsetType | None = UNSET
    labels: Labels | UnsetType = UNSET
    plan: Name | UnsetType | None = UNSET
    quota_month: Amount | UnsetType | None = UNSET


class NewSubConsumer(SubConsumerChange, frozen=True, kw_only=True):
    """A customer to be made; its name begins with the distributor's and a dot."""

    name: Name


class SubKey(Told, frozen=True):
    """A sub key, without its secrets, as it was issued: what it may do, its distributor's keys limit too.

    ``disabled`` is what the provider has disabled. What was not given is null or empty, and is the distributor's own.
    """

    access_key_id: str
    name: str | None
    consumer: str
    apis: list[str]
    scopes: list[str]
    networks: list[str]
    status: Literal["active", "suspended", "disabled", "revoked"]
    material: Literal["secret", "public_key"]
    created: Moment
    expires: Moment | None
    rate_limit: str | None
    quota_day: int | None
    quota_month: int | None
    labels: dict[str, str]
    plan: str | None
    replaces: str | None
    replaced_by: str | None
    issuer_key: str | None
    version: int
    last_use: LastUse | None = None


class SubKeys(Told, frozen=True):
    """A page of sub keys."""

    items: list[SubKey]
    next_cursor: str | None


class SubKeyQuery(Paging, frozen=True):
    """Which sub keys."""

    api: Name | None = None
    consumer: Name | None = None


class NewSubKey(AccessKeyChange, frozen=True, kw_only=True):
    """A sub key to be issued, in the form of the first API's first scheme."""

    consumer: Name


class SubKeyRotation(AccessKeyChange, frozen=True):
    """How long the old key may still be used, 90 days at most, and what is to be different with the new one."""

    grace: Grace = "0"


class SubKeyPair(Told, frozen=True):
    """A new sub key with its pair, whose secrets are shown this once. ``replaced`` is the old key of a rotation."""

    sub_key: SubKey
    access_key_id: str
    secret: Secret
    extras: dict[str, Secret]
    replaced: SubKey | None = None
