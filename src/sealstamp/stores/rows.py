"""Rows to domain values and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from sealstamp.core.verifier import ReplayBy
from sealstamp.keys.domain import (
    AccessKey,
    Api,
    Consumer,
    ConsumerStatus,
    Enforcement,
    KeyMaterial,
    KeyStatus,
    SchemeChoice,
)


def api_values(api: Api) -> dict[str, Any]:
    """Return the columns of ``api``'s row."""
    return {
        "name": api.name,
        "host": api.host,
        "path_prefix": api.path_prefix,
        "schemes": [{"name": one.name, "parameters": dict(one.parameters)} for one in api.schemes],
        "enforcement": api.enforcement.value,
        "replay": api.replay.value if api.replay else None,
        "response_profile": api.response_profile,
        "upstream": api.upstream,
        "scopes": list(api.scopes),
        "version": api.version,
    }


def api_of(row: Row[Any]) -> Api:
    """Return the API that ``row`` keeps. Raises ValueError, KeyError or TypeError for a row it cannot read."""
    return Api(
        name=row.name,
        host=row.host,
        path_prefix=row.path_prefix,
        schemes=tuple(SchemeChoice(one["name"], dict(one["parameters"])) for one in row.schemes),
        enforcement=Enforcement(row.enforcement),
        replay=ReplayBy(row.replay) if row.replay else None,
        response_profile=row.response_profile,
        upstream=row.upstream,
        scopes=tuple(row.scopes),
        version=row.version,
    )


def consumer_values(consumer: Consumer) -> dict[str, Any]:
    """Return the columns of ``consumer``'s row; its parent is a row of its own."""
    return {
        "name": consumer.name,
        "email": consumer.email,
        "labels": dict(consumer.labels),
        "plan": consumer.plan,
        "status": consumer.status.value,
        "max_sub_keys": consumer.max_sub_keys,
        "quota_month": consumer.quota_month,
        "version": consumer.version,
        "suspended_by_parent": consumer.suspended_by_parent,
    }


def consumer_of(row: Row[Any]) -> Consumer:
    """Return the consumer that ``row``, with its parent, keeps. Raises ValueError or TypeError where it cannot."""
    return Consumer(
        name=row.name,
        email=row.email,
        labels=dict(row.labels),
        parent=row.parent,
        plan=row.plan,
        status=ConsumerStatus(row.status),
        max_sub_keys=row.max_sub_keys,
        quota_month=row.quota_month,
        version=row.version,
        suspended_by_parent=row.suspended_by_parent,
    )


def access_key_values(key: AccessKey) -> dict[str, Any]:
    """Return the columns of ``key``'s row; its APIs and further secrets are rows of their own."""
    return {
        "id": key.id,
        "sealed_secret": key.sealed_secret,
        "consumer": key.consumer,
        "status": key.status.value,
        "created_at_ms": key.created_at_ms,
        "expires_at_ms": key.expires_at_ms,
        "name": key.name,
        "scopes": list(key.scopes),
        "networks": list(key.networks),
        "rate_limit": key.rate_limit,
        "quota_day": key.quota_day,
        "quota_month": key.quota_month,
        "labels": dict(key.labels),
        "replaces": key.replaces,
        "replaced_by": key.replaced_by,
        "version": key.version,
        "plan": key.plan,
        "issuer": key.issuer,
        "issuer_key": key.issuer_key,
        "suspended_by_issuer": key.suspended_by_issuer,
    }


def access_key_of(row: Row[Any], apis: Iterable[str], extras: Mapping[str, bytes], *, is_public: bool) -> AccessKey:
    """Return the key that ``row`` keeps, for ``apis``, with its further secrets. Raises ValueError where it cannot."""
    return AccessKey(
        id=row.id,
        sealed_secret=bytes(row.sealed_secret),
        consumer=row.consumer,
        apis=tuple(sorted(apis)),
        status=KeyStatus(row.status),
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        sealed_extras=extras,
        material=KeyMaterial.PUBLIC_KEY if is_public else KeyMaterial.SECRET,
        name=row.name,
        scopes=tuple(row.scopes),
        networks=tuple(row.networks),
        rate_limit=row.rate_limit,
        quota_day=row.quota_day,
        quota_month=row.quota_month,
        labels=dict(row.labels),
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        version=row.version,
        plan=row.plan,
        issuer=row.issuer,
        issuer_key=row.issuer_key,
        suspended_by_issuer=row.suspended_by_issuer,
    )
