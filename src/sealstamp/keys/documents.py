"""What an API, a consumer, an access key and the rest are, as JSON: for the audit and for output. Never with a secret.

Times are RFC 3339 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sealstamp.keys.domain import AccessKey, Api, Consumer
from sealstamp.keys.invitations import Invitation
from sealstamp.keys.mail import Mail, MailStatus
from sealstamp.keys.plans import Plan
from sealstamp.keys.requests import AccessRequest

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
        "suspended_by_parent": consumer.suspended_by_parent,
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
        "plan": key.plan,
        "labels": dict(key.labels),
        "replaces": key.replaces,
        "replaced_by": key.replaced_by,
        "issuer": key.issuer,
        "issuer_key": key.issuer_key,
        "suspended_by_issuer": key.suspended_by_issuer,
        "version": key.version,
    }


def write_time(at_ms: int) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC; without a fraction where there is none."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds").replace("+00:00", "Z")


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return all there is to tell of a plan."""
    return {
        "name": plan.name,
        "scopes": list(plan.scopes),
        "rate_limit": plan.rate_limit,
        "quota_day": plan.quota_day,
        "quota_month": plan.quota_month,
        "consumer_quota_month": plan.consumer_quota_month,
        "max_sub_keys": plan.max_sub_keys,
        "sub_plans": list(plan.sub_plans),
        "version": plan.version,
    }


def invitation_document(invitation: Invitation) -> dict[str, Any]:
    """Return all there is to tell of an invitation, its token apart."""
    expires_at_ms = invitation.terms.get("expires_at_ms")
    terms = {name: _plain(value) for name, value in invitation.terms.items() if name != "expires_at_ms"}
    return {
        "id": invitation.id,
        "consumer": invitation.consumer,
        "holder": invitation.holder,
        "email": invitation.email,
        "terms": terms if expires_at_ms is None else {**terms, "expires": write_time(expires_at_ms)},
        "status": invitation.status.value,
        "created": write_time(invitation.created_at_ms),
        "expires": write_time(invitation.expires_at_ms),
        "settled": _time_or_none(invitation.settled_at_ms),
        "access_key_id": invitation.access_key_id,
        "version": invitation.version,
    }


def access_request_document(request: AccessRequest) -> dict[str, Any]:
    """Return all there is to tell of an access request."""
    return {
        "id": request.id,
        "name": request.name,
        "email": request.email,
        "api": request.api,
        "purpose": request.purpose,
        "address": request.address,
        "status": request.status.value,
        "created": write_time(request.created_at_ms),
        "decided": _time_or_none(request.decided_at_ms),
        "reason": request.reason,
        "consumer": request.consumer,
        "invitation": request.invitation,
        "version": request.version,
    }


def mail_document(mail: Mail) -> dict[str, Any]:
    """Return all there is to tell of a message in the outbox, its values apart."""
    return {
        "id": mail.id,
        "kind": mail.kind.value,
        "recipient": mail.recipient,
        "about": mail.about,
        "status": mail.status.value,
        "created": write_time(mail.created_at_ms),
        "next_attempt": write_time(mail.next_attempt_at_ms) if mail.status is MailStatus.QUEUED else None,
        "attempts": mail.attempts,
        "problem": mail.problem,
        "settled": _time_or_none(mail.settled_at_ms),
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _time_or_none(at_ms: int | None) -> str | None:
    return None if at_ms is None else write_time(at_ms)
