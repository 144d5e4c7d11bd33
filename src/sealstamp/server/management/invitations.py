"""``/v1/invitations``: sent by operators, claimed by whoever has the token.

Only POST claims: what fetches the links of a mail beforehand takes nothing.
"""

from __future__ import annotations

from typing import Any

from sealstamp.core.credential import Secret
from sealstamp.keys import invitations as domain
from sealstamp.keys.acts import invitations as acts
from sealstamp.keys.documents import access_key_document, invitation_document
from sealstamp.keys.invitations import InvitationStatus
from sealstamp.keys.operators import Role
from sealstamp.resources.access_keys import AccessKey, AccessKeyPair
from sealstamp.resources.common import given, told
from sealstamp.resources.pairs import Claim, Invitation, InvitationQuery, Invitations, KeyTerms, NewInvitation, Renewal
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code

_ONE = "/v1/invitations/{id}"
_MAX_CLAIM = 4_096


def _list(call: Call[InvitationQuery, None]) -> Reply:
    query, store = call.query, call.services.store
    status = None if query.status is None else InvitationStatus(query.status)
    items, cursor = page_of(
        call,
        lambda after, limit: store.list_invitations(status=status, consumer=query.consumer, after=after, limit=limit),
        lambda one: one.id,
    )
    return Reply(Invitations(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    invitation = call.services.store.get_invitation(call.path["id"])
    return Reply(_told(invitation), invitation.version)


def _create(call: Call[Nothing, NewInvitation]) -> Reply:
    body = call.body
    invitation, token = acts.invite(
        call.act(),
        consumer=body.consumer,
        days=body.days,
        holder=body.holder,
        email=body.email,
        **terms_of(body.terms),
    )
    return _with_token(invitation, token, f"/v1/invitations/{invitation.id}")


def _renew(call: Call[Nothing, Renewal]) -> Reply:
    return _with_token(*acts.renew(call.act(), call.path["id"], days=call.body.days))


def _withdraw(call: Call[Nothing, None]) -> Reply:
    withdrawn = acts.withdraw(call.act(), call.path["id"])
    return Reply(_told(withdrawn), withdrawn.version)


def _claim(call: Call[Nothing, Claim]) -> Reply:
    key, credential = acts.claim(call.act(), Secret(call.body.token))
    pair = AccessKeyPair(
        access_key=told(access_key_document(key), AccessKey),
        access_key_id=key.id,
        secret=credential.secret,
        extras=dict(credential.extras),
    )
    return Reply(pair)


def terms_of(terms: KeyTerms) -> Any:
    """Return the properties of a key that were sent."""
    return given(terms)


def _with_token(invitation: domain.Invitation, token: Secret, location: str | None = None) -> Reply:
    """Tell an invitation with its token, unless that was mailed: then only its holder is to see it."""
    shown = told(invitation_document(invitation), Invitation)
    if invitation.email is None:
        fields = {name: getattr(shown, name) for name in shown.__struct_fields__}
        shown = Invitation(**fields | {"token": token})
    return Reply(shown, invitation.version, location)


def _told(invitation: domain.Invitation) -> Invitation:
    return told(invitation_document(invitation), Invitation)


OPERATIONS = (
    Operation(
        *("list_invitations", "GET", "/v1/invitations", "List invitations", Role.VIEWER, _list),
        query=InvitationQuery,
        gives=Invitations,
    ),
    Operation(
        *("create_invitation", "POST", "/v1/invitations", "Invite to claim an access key", Role.OPERATOR, _create),
        takes=NewInvitation,
        gives=Invitation,
        gives_etag=True,
        status=201,
        writes=True,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
    Operation(
        *("get_invitation", "GET", _ONE, "Show an invitation", Role.VIEWER, _get), gives=Invitation, gives_etag=True
    ),
    Operation(
        *("renew_invitation", "POST", f"{_ONE}/renew", "Give it a new token and new time", Role.OPERATOR, _renew),
        takes=Renewal,
        gives=Invitation,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
    Operation(
        *("withdraw_invitation", "POST", f"{_ONE}/withdraw", "Take an invitation back", Role.OPERATOR, _withdraw),
        gives=Invitation,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
)

OPEN_OPERATIONS = (
    Operation(
        *("claim_invitation", "POST", "/v1/invitations/claim", "Claim the key of an invitation, once", None, _claim),
        takes=Claim,
        gives=AccessKeyPair,
        status=201,
        writes=True,
        max_body=_MAX_CLAIM,
        problems=(
            Code.INVITATION_UNKNOWN,
            Code.INVITATION_EXPIRED,
            Code.INVITATION_WITHDRAWN,
            Code.INVITATION_CLAIMED,
            Code.CONFLICT,
            Code.NOT_FOUND,
        ),
    ),
)
"""For whoever has a token."""
