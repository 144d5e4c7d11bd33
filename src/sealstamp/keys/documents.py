"""What an API, a consumer and an access key are, as JSON: for the audit and for output. Never with a secret.

Times are RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sealstamp.keys.domain import AccessKey, Api, Consumer

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def api_document(api: Api) -> dict[str, Any]:
    """Return all there is to tell of an API."""
    return {
        "name": api.name,
        "host": api.host,
        "path_prefix": api.path_prefix,
        "schemes": [{"name": choice.name, "parameters": dict(choice.parameters)} for choice in api.schemes],
        "enforcement": api.enforcement.value,
        "replay": None if api.replay is None else api.replay.value,
        "response_profile": api.response_profile,
        "upstream": api.upstream,
        "scopes": list(api.scopes),
        "version": api.version,
    }


def consumer_document(consumer: Consumer) -> dict[str, Any]:
    """Return all there is to tell of a consumer."""
    return {
        "name": consumer.name,
        "email": consumer.email,
        "labels": dict(consumer.labels),
        "parent": consumer.parent,
        "plan": consumer.plan,
        "status": consumer.status.value,
        "max_sub_keys": consumer.max_sub_keys,
        "quota_month": consumer.quota_month,
        "version": consumer.version,
    }


def access_key_document(key: AccessKey) -> dict[str, Any]:
    """Return all there is to tell of an access key, its secrets apart."""
    return {
        "access_key_id": key.id,
        "name": key.name,
        "consumer": key.consumer,
        "apis": list(key.apis),
        "scopes": list(key.scopes),
        "networks": list(key.networks),
        "status": key.status.value,
        "material": key.material.value,
        "created": write_time(key.created_at_ms),
        "expires": None if key.expires_at_ms is None else write_time(key.expires_at_ms),
        "rate_limit": key.rate_limit,
        "quota_day": key.quota_day,
        "quota_month": key.quota_month,
        "labels": dict(key.labels),
        "replaces": key.replaces,
        "replaced_by": key.replaced_by,
        "version": key.version,
    }


def write_time(at_ms: int) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC; without a fraction where there is none."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds").replace("+00:00", "Z")
