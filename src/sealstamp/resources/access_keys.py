"""Access keys, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sealstamp.core.credential import Secret
from sealstamp.resources.common import Amount, Given, Labels, Moment, Name, Paging, Told

AccessKeyId = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,256}$")]
Scope = Annotated[str, Meta(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,128}$")]
Grace = Annotated[
    str, Meta(pattern=r"^(0|[1-9][0-9]{0,5} ?(ms|s|m|min|h|d))$", description="Such as 0, 15m, 1h, 24h or 7d.")
]


class LastUse(Told, frozen=True):
    """When, at which API and from where a key was last used, as far as it is known yet."""

    at: Moment
    api: str
    address: str | None


class AccessKey(Told, frozen=True):
    """An access key, without its secrets."""

    access_key_id: str
    name: str | None
    consumer: str
    apis: list[str]
    scopes: list[str]
    networks: list[str]
    status: Literal["active", "disabled", "revoked"]
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
    issuer: str | None
    issuer_key: str | None
    suspended_by_issuer: bool
    version: int
    last_use: LastUse | None = None


class AccessKeys(Told, frozen=True):
    """A page of access keys."""

    items: list[AccessKey]
    next_cursor: str | None


class AccessKeyQuery(Paging, frozen=True):
    """Which access keys."""

    api: Name | None = None
    consumer: Name | None = None
    issuer: Name | None = None


class AccessKeyChange(Given, frozen=True):
    """What of a key is to change; null clears, what is absent stays."""

    name: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType | None = UNSET
    apis: list[Name] | UnsetType = UNSET
    scopes: Annotated[list[Scope], Meta(max_length=64)] | UnsetType = UNSET
    networks: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=256)] | UnsetType = UNSET
    expires: Moment | UnsetType | None = UNSET
    rate_limit: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    quota_day: Amount | UnsetType | None = UNSET
    quota_month: Amount | UnsetType | None = UNSET
    labels: Labels | UnsetType = UNSET
    plan: Name | UnsetType | None = UNSET


class NewAccessKey(AccessKeyChange, frozen=True, kw_only=True):
    """A key to be issued. Its id and secret have the form of ``scheme``, by default of the first API's first one."""

    consumer: Name
    scheme: Name | None = None


class OwnPair(AccessKeyChange, frozen=True, kw_only=True):
    """A pair that exists already: its ``secret``, or in its place the public key of a pair, in PEM."""

    access_key_id: AccessKeyId
    secret: Secret | None = None
    public_key: Annotated[str, Meta(max_length=16_384)] | None = None
    extras: Annotated[dict[str, Secret], Meta(max_length=16)] = msgspec.field(default_factory=dict)


class ImportedAccessKey(OwnPair, frozen=True, kw_only=True):
    """A pair that exists already, and who holds it."""

    consumer: Name


class Rotation(AccessKeyChange, frozen=True):
    """How long the old key may still be used, and what is to be different with the new one."""

    grace: Grace = "0"
    scheme: Name | None = None


class OwnRotation(OwnPair, frozen=True, kw_only=True):
    """A pair that its holder has made, and how long the old key may still be used."""

    grace: Grace = "0"


class Expiry(Given, frozen=True):
    """When a key ends; null for no end. A time that has passed ends it now."""

    expires: Moment | None


class AccessKeyPair(Told, frozen=True):
    """A new key with its pair, whose secrets are shown this once. ``replaced`` is the old key of a rotation."""

    access_key: AccessKey
    access_key_id: str
    secret: Secret
    extras: dict[str, Secret]
    replaced: AccessKey | None = None


class RotatedAccessKey(Told, frozen=True):
    """A new key whose holder has its secret, and the old one, which it replaced."""

    access_key: AccessKey
    replaced: AccessKey
