"""What differs between two states of an API, a consumer or an access key, as text that may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sealstamp.keys.domain import AccessKey, Api, Consumer, SchemeChoice

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as text that may be shown."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.field}: {self.before} -> {self.after}"


def api_differences(before: Api, after: Api) -> tuple[FieldChange, ...]:
    """Return which fields of an API differ."""
    return _differences(_api_fields(before), _api_fields(after))


def consumer_differences(before: Consumer, after: Consumer) -> tuple[FieldChange, ...]:
    """Return which fields of a consumer differ."""
    return _differences(_consumer_fields(before), _consumer_fields(after))


def key_differences(before: AccessKey, after: AccessKey) -> tuple[FieldChange, ...]:
    """Return which fields of an access key differ, a secret as ``***``."""
    told = _differences(_key_fields(before), _key_fields(after))
    return told if before.sealed_secret == after.sealed_secret else (FieldChange("secret", _HIDDEN, _HIDDEN), *told)


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(key, text, after[key]) for key, text in before.items() if text != after[key])


def _consumer_fields(consumer: Consumer) -> Mapping[str, str]:
    return {
        "email": consumer.email or "none",
        "parent": consumer.parent or "none",
        "plan": consumer.plan or "none",
        "labels": _told_labels(consumer.labels),
        "max_sub_keys": _told_amount(consumer.max_sub_keys),
        "quota_month": _told_amount(consumer.quota_month),
    }


def _api_fields(api: Api) -> Mapping[str, str]:
    return {
        "host": api.host,
        "path_prefix": api.path_prefix,
        "upstream": api.upstream or "none",
        "schemes": " ".join(map(_told_scheme, api.schemes)),
        "enforcement": api.enforcement,
        "replay": api.replay or "default",
        "response_profile": api.response_profile or "default",
        "scopes": " ".join(api.scopes) or "none",
    }


def _key_fields(key: AccessKey) -> Mapping[str, str]:
    return {
        "consumer": key.consumer,
        "apis": " ".join(key.apis) or "none",
        "status": key.status,
        "expires": _told_time(key.expires_at_ms),
        "name": key.name or "none",
        "scopes": " ".join(key.scopes) or "none",
        "networks": " ".join(key.networks) or "any",
        "rate_limit": key.rate_limit or "none",
        "quota_day": _told_amount(key.quota_day),
        "quota_month": _told_amount(key.quota_month),
        "plan": key.plan or "none",
        "labels": _told_labels(key.labels),
    }


def _told_labels(labels: Mapping[str, str]) -> str:
    return " ".join(f"{name}={text}" for name, text in labels.items()) or "none"


def _told_amount(amount: int | None) -> str:
    return "none" if amount is None else str(amount)


def _told_scheme(choice: SchemeChoice) -> str:
    parameters = " ".join(f"{key}={value}" for key, value in choice.parameters.items())
    return f"{choice.name}({parameters})" if parameters else choice.name


def _told_time(at_ms: int | None) -> str:
    if at_ms is None:
        return "never"
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
