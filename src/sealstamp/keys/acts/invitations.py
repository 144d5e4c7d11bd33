"""Invitations: sent, sent anew, withdrawn, and claimed by their holders.

The token is in the answer to whoever invites, or, where there is an e-mail address, in a mail alone: then only the
holder ever sees it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack, cast

from sealstamp.core.credential import Credential, Secret
from sealstamp.errors import ConfigurationError, InvitationClaimedError, InvitationUnknownError, KeyStateError
from sealstamp.keys.acts import access_keys, consumers, mailing
from sealstamp.keys.acts.access_keys import KeyProperties
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.ids import new_id
from sealstamp.keys.attributes import check_text
from sealstamp.keys.documents import invitation_document, write_time
from sealstamp.keys.domain import AccessKey
from sealstamp.keys.invitations import (
    DAY_MS,
    DEFAULT_DAYS,
    MOST_DAYS,
    Invitation,
    InvitationStatus,
    new_token,
    token_hash,
)
from sealstamp.keys.mail import MailKind, check_email


def invite(
    act: Act,
    *,
    consumer: str,
    days: int = DEFAULT_DAYS,
    holder: str | None = None,
    email: str | None = None,
    **terms: Unpack[KeyProperties],
) -> tuple[Invitation, Secret]:
    """Invite somebody to claim a key with these terms, within ``days``; return the invitation and its token.

    Where there is an ``email``, the token is mailed. A consumer that is new is made. Raises ConfigurationError for
    what cannot be, NotFoundError for an API or a plan, KeyStateError for a suspended consumer.
    """
    _check_days(days)
    _check_receiver(holder, email)
    token = new_token(act.choose)
    with act.store.transaction():
        consumers.ensure(act, consumer)
        _check_active(act, consumer)
        invitation = Invitation(
            id=new_id("inv", act),
            token_hash=token_hash(token),
            consumer=consumer,
            terms=_checked_terms(act, terms),
            created_at_ms=act.now_ms,
            expires_at_ms=act.now_ms + days * DAY_MS,
            holder=holder,
            email=email,
        )
        act.store.add_invitation(invitation)
        _mail(act, invitation, token)
        act.record("invitation.create", invitation.id, None, invitation_document(invitation))
    return invitation, token


def renew(act: Act, invitation_id: str, *, days: int = DEFAULT_DAYS) -> tuple[Invitation, Secret]:
    """Give an invitation that was not claimed a new token and new time; the old token is void from now on.

    Raises NotFoundError, StaleVersionError, ConfigurationError, KeyStateError for one that was claimed or withdrawn.
    """
    _check_days(days)
    token = new_token(act.choose)
    with act.store.transaction():
        before = _get_open(act, invitation_id)
        until_ms = act.now_ms + days * DAY_MS
        after = _settle(act, before, replace(before, token_hash=token_hash(token), expires_at_ms=until_ms))
        _mail(act, after, token)
        act.record("invitation.renew", invitation_id, invitation_document(before), invitation_document(after))
    return after, token


def withdraw(act: Act, invitation_id: str) -> Invitation:
    """Take an invitation back.

    Raises NotFoundError, StaleVersionError, KeyStateError for one that was claimed or withdrawn.
    """
    with act.store.transaction():
        before = _get_open(act, invitation_id)
        withdrawn = replace(before, status=InvitationStatus.WITHDRAWN, settled_at_ms=act.now_ms)
        after = _settle(act, before, withdrawn)
        act.record("invitation.withdraw", invitation_id, invitation_document(before), invitation_document(after))
    return after


def claim(act: Act, token: Secret) -> tuple[AccessKey, Credential]:
    """Issue the key of the invitation that has this token, once; the credential is to be shown once.

    Of any number of callers with one token, one gets the pair. Raises InvitationUnknownError, InvitationExpiredError,
    InvitationWithdrawnError and InvitationClaimedError; KeyStateError while the consumer is suspended; NotFoundError
    where an API or the plan is no more. Whatever is raised, the invitation stays as it was.
    """
    with act.store.transaction():
        before = act.store.find_invitation_by_hash(token_hash(token))
        if before is None:
            raise InvitationUnknownError
        before.check_open(act.now_ms)
        _check_active(act, before.consumer)
        claiming = replace(act, actor=f"invitation:{before.id}", expected_version=None)
        key, credential = access_keys.issue(claiming, consumer=before.consumer, **_properties(before))
        claimed = replace(before, status=InvitationStatus.CLAIMED, settled_at_ms=act.now_ms, access_key_id=key.id)
        after = _settle(claiming, before, claimed)
        claiming.record("invitation.claim", before.id, invitation_document(before), invitation_document(after))
    return key, credential


def _settle(act: Act, before: Invitation, after: Invitation) -> Invitation:
    """Keep ``after`` as the next version, and forget mail about the one before. Raises InvitationClaimedError."""
    after = replace(after, version=before.version + 1)
    if not act.store.update_invitation(after):
        raise InvitationClaimedError
    act.store.drop_mail(before.id)
    return after


def _get_open(act: Act, invitation_id: str) -> Invitation:
    invitation = act.store.get_invitation(invitation_id)
    act.check_version(f"invitation {invitation_id!r}", invitation.version)
    if invitation.status is not InvitationStatus.OPEN:
        raise KeyStateError(f"invitation {invitation_id!r} is {invitation.status}; send a new one")
    return invitation


def _checked_terms(act: Act, terms: KeyProperties) -> KeyProperties:
    """Return the terms as a key would have them. Raises as a claim would for them."""
    checked = access_keys.checked(terms)
    if not checked.get("apis"):
        raise ConfigurationError("apis", "no API is named", "name the APIs that the key is for")
    for name in checked["apis"]:
        act.store.get_api(name)
    if checked.get("plan") is not None:
        act.store.get_plan(checked["plan"])
    return cast(KeyProperties, checked)


def _properties(invitation: Invitation) -> KeyProperties:
    return cast(KeyProperties, invitation.terms)  # checked when it was made


def _check_active(act: Act, consumer: str) -> None:
    for one in act.store.consumer_line(consumer):
        if not one.is_active:
            raise KeyStateError(f"consumer {one.name!r} is suspended")


def _check_days(days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise ConfigurationError("days", f"an invitation cannot be valid for {days} days", f"give 1 to {MOST_DAYS}")


def _check_receiver(holder: str | None, email: str | None) -> None:
    if holder is not None:
        check_text("holder", holder)
    if email is not None:
        check_email("email", email)


def _mail(act: Act, invitation: Invitation, token: Secret) -> None:
    """Have the token mailed, if there is an address."""
    if invitation.email is None:
        return
    values = {
        "name": invitation.holder or invitation.consumer,
        "consumer": invitation.consumer,
        "apis": ", ".join(invitation.terms["apis"]),
        "token": token.reveal().decode(),
        "expires": write_time(invitation.expires_at_ms // 60_000 * 60_000),
    }
    mailing.enqueue(act, MailKind.INVITATION, invitation.email, invitation.id, values, invitation.expires_at_ms)
