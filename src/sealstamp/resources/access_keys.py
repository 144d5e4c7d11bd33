"""Access keys, as the management API takes and gives them."""

from __future__ import annotations

from typing import Literal

from sealstamp.keys import domain
from sealstamp.resources.common import Moment, Name, Paging, Told, moment_of


class AccessKey(Told, frozen=True):
    """An access key, without its secrets."""

    access_key_id: str
    name: str | None
    consumer: str
    apis: list[str]
    status: Literal["active", "disabled", "revoked"]
    material: Literal["secret", "public_key"]
    created_at: Moment
    expires_at: Moment | None
    scopes: list[str]
    networks: list[str]
    rate_limit: str | None
    quota_day: int | None
    quota_month: int | None
    labels: dict[str, str]
    replaces: str | None
    replaced_by: str | None
    version: int


class AccessKeys(Told, frozen=True):
    """A page of access keys."""

    items: list[AccessKey]
    next_cursor: str | None


class AccessKeyQuery(Paging, frozen=True):
    """Which access keys."""

    api: Name | None = None
    consumer: Name | None = None


def access_key_of(key: domain.AccessKey) -> AccessKey:
    """Return a key as the API tells of it."""
    return AccessKey(
        access_key_id=key.id,
        name=key.name,
        consumer=key.consumer,
        apis=list(key.apis),
        status=key.status.value,
        material=key.material.value,
        created_at=moment_of(key.created_at_ms),
        expires_at=moment_of(key.expires_at_ms),
        scopes=list(key.scopes),
        networks=list(key.networks),
        rate_limit=key.rate_limit,
        quota_day=key.quota_day,
        quota_month=key.quota_month,
        labels=dict(key.labels),
        replaces=key.replaces,
        replaced_by=key.replaced_by,
        version=key.version,
    )
