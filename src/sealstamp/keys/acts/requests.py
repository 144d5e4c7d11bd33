"""Access requests: made by strangers, approved or declined by operators."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Unpack

from sealstamp.errors import KeyStateError, TooManyAccessRequestsError
from sealstamp.keys.acts import consumers, invitations, mailing
from sealstamp.keys.acts.access_keys import KeyProperties
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.ids import new_id
from sealstamp.keys.attributes import check_text
from sealstamp.keys.audit import Document
from sealstamp.keys.documents import access_request_document
from sealstamp.keys.invitations import DEFAULT_DAYS, Invitation
from sealstamp.keys.mail import MailKind, check_email
from sealstamp.keys.requests import (
    HOUR_MS,
    MOST_OPEN,
    MOST_OPEN_PER_EMAIL,
    MOST_PER_HOUR,
    AccessRequest,
    RequestStatus,
    check_prose,
)
from sealstamp.keys.rules import check_name

STRANGER: Final = "stranger"
"""The actor of a request, in the audit."""


def submit(
    act: Act, *, name: str, email: str, api: str, purpose: str, address: str | None = None, notify: str | None = None
) -> AccessRequest:
    """Ask for a key for ``api``; ``notify`` is the mail address that is told of it.

    Raises ConfigurationError for what cannot be, NotFoundError for the API, TooManyAccessRequestsError.
    """
    check_text("name", name)
    check_email("email", email)
    check_name("api", api)
    check_prose("purpose", purpose)
    with act.store.transaction():
        _check_room(act, email, address)
        act.store.get_api(api)
        request = AccessRequest(new_id("req", act), name, email, api, purpose, act.now_ms, address)
        act.store.add_access_request(request)
        if notify is not None:
            values = {"name": name, "email": email, "api": api, "purpose": purpose, "id": request.id}
            mailing.enqueue(act, MailKind.REQUEST_RECEIVED, notify, request.id, values)
        act.record("access_request.submit", request.id, None, _audited(request))
    return request


def approve(
    act: Act, request_id: str, *, consumer: str | None = None, days: int = DEFAULT_DAYS, **terms: Unpack[KeyProperties]
) -> tuple[AccessRequest, Invitation]:
    """Invite whoever asked, by mail, to claim a key with these terms: for the API that was asked for, unless told.

    The consumer is, unless told, called by the mail address, and made if it is new. Raises NotFoundError,
    StaleVersionError, KeyStateError for a request that was decided, and as ``invite`` does.
    """
    with act.store.transaction():
        before = _get_open(act, request_id)
        inner = replace(act, expected_version=None)
        name = consumer or before.email
        if inner.store.find_consumer(name) is None:
            consumers.create(inner, name, email=before.email)
        terms = KeyProperties(**{"apis": [before.api], **terms})
        invitation, _ = invitations.invite(
            inner, consumer=name, days=days, holder=before.name, email=before.email, **terms
        )
        approved = replace(before, status=RequestStatus.APPROVED, consumer=name, invitation=invitation.id)
        return _settle(act, "access_request.approve", before, approved), invitation


def decline(act: Act, request_id: str, reason: str) -> AccessRequest:
    """Decline a request, and mail the ``reason``.

    Raises NotFoundError, StaleVersionError, ConfigurationError, KeyStateError for a request that was decided.
    """
    check_prose("reason", reason)
    with act.store.transaction():
        before = _get_open(act, request_id)
        values = {"name": before.name, "api": before.api, "reason": reason}
        mailing.enqueue(act, MailKind.REQUEST_DECLINED, before.email, before.id, values)
        declined = replace(before, status=RequestStatus.DECLINED, reason=reason)
        return _settle(act, "access_request.decline", before, declined)


def _check_room(act: Act, email: str, address: str | None) -> None:
    """Raise TooManyAccessRequestsError for one more than anybody, this mail address or this network address may."""
    count = act.store.count_access_requests
    if count(status=RequestStatus.OPEN) >= MOST_OPEN:
        raise TooManyAccessRequestsError
    if count(status=RequestStatus.OPEN, email=email) >= MOST_OPEN_PER_EMAIL:
        raise TooManyAccessRequestsError
    if address is not None and count(address=address, since_ms=act.now_ms - HOUR_MS) >= MOST_PER_HOUR:
        raise TooManyAccessRequestsError


def _get_open(act: Act, request_id: str) -> AccessRequest:
    request = act.store.get_access_request(request_id)
    act.check_version(f"access request {request_id!r}", request.version)
    if request.status is not RequestStatus.OPEN:
        raise KeyStateError(f"access request {request_id!r} is {request.status} already")
    return request


def _settle(act: Act, name: str, before: AccessRequest, after: AccessRequest) -> AccessRequest:
    after = replace(after, decided_at_ms=act.now_ms, version=before.version + 1)
    if not act.store.update_access_request(after):
        raise KeyStateError(f"access request {before.id!r} was decided meanwhile")
    act.record(name, before.id, _audited(before), _audited(after))
    return after


def _audited(request: AccessRequest) -> Document:
    """Return what the audit keeps for ever; what a stranger wrote of themselves is not among it."""
    document = access_request_document(request)
    return {name: document[name] for name in ("api", "status", "consumer", "invitation", "version")}
