"""Plans, invitations and access requests, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from sealstamp.core.credential import Secret
from sealstamp.resources.access_keys import AccessKeyChange, Scope
from sealstamp.resources.common import Amount, Given, Moment, Name, Paging, Told
from sealstamp.resources.consumers import Email

Days = Annotated[int, Meta(ge=1, le=90, description="For how many days the invitation is good.")]
Person = Annotated[str, Meta(min_length=1, max_length=256)]
Prose = Annotated[str, Meta(min_length=1, max_length=2000)]


class Plan(Told, frozen=True):
    """A named set of scopes, limits and quotas."""

    name: str
    scopes: list[str]
    rate_limit: str | None
    quota_day: int | None
    quota_month: int | None
    consumer_quota_month: int | None
    max_sub_keys: int | None
    sub_plans: list[str]
    version: int


class Plans(Told, frozen=True):
    """A page of plans."""

    items: list[Plan]
    next_cursor: str | None


class PlanQuery(Paging, frozen=True):
    """Which plans."""


class PlanChange(Given, frozen=True):
    """What of a plan is to change; null clears, what is absent stays."""

    scopes: Annotated[list[Scope], Meta(max_length=64)] | UnsetType = UNSET
    rate_limit: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET
    quota_day: Amount | UnsetType | None = UNSET
    quota_month: Amount | UnsetType | None = UNSET
    consumer_quota_month: Amount | UnsetType | None = UNSET
    max_sub_keys: Amount | UnsetType | None = UNSET
    sub_plans: Annotated[list[Name], Meta(max_length=64)] | UnsetType = UNSET


class NewPlan(PlanChange, frozen=True, kw_only=True):
    """A plan to be made."""

    name: Name


class Invitation(Told, frozen=True):
    """An invitation; its token is in the answer that made it, unless it was mailed."""

    id: str
    consumer: str
    holder: str | None
    email: str | None
    terms: dict[str, Any]
    status: Literal["open", "claimed", "withdrawn"]
    created: Moment
    expires: Moment
    settled: Moment | None
    access_key_id: str | None
    version: int
    token: Secret | None = None


class Invitations(Told, frozen=True):
    """A page of invitations."""

    items: list[Invitation]
    next_cursor: str | None


class InvitationQuery(Paging, frozen=True):
    """Which invitations."""

    status: Literal["open", "claimed", "withdrawn"] | None = None
    consumer: Name | None = None


class KeyTerms(AccessKeyChange, frozen=True):
    """What the key is to have."""


class NewInvitation(Given, frozen=True, kw_only=True):
    """An invitation to be sent. With ``email`` the token is mailed, and not in the answer."""

    consumer: Name
    terms: KeyTerms
    days: Days = 7
    holder: Person | None = None
    email: Email | None = None


class Renewal(Given, frozen=True):
    """For how long the new token is good."""

    days: Days = 7


class Claim(Given, frozen=True):
    """The token of an invitation."""

    token: Annotated[str, Meta(min_length=1, max_length=256)]


class AccessRequest(Told, frozen=True):
    """Somebody's wish to have an access key."""

    id: str
    name: str
    email: str
    api: str
    purpose: str
    address: str | None
    status: Literal["open", "approved", "declined"]
    created: Moment
    decided: Moment | None
    reason: str | None
    consumer: str | None
    invitation: str | None
    version: int


class AccessRequests(Told, frozen=True):
    """A page of access requests."""

    items: list[AccessRequest]
    next_cursor: str | None


class AccessRequestQuery(Paging, frozen=True):
    """Which access requests."""

    status: Literal["open", "approved", "declined"] | None = None


class NewAccessRequest(Given, frozen=True):
    """What somebody who asks for an access key says."""

    name: Person
    email: Email
    api: Name
    purpose: Prose


class Received(Told, frozen=True):
    """The request waits for a decision, which is mailed."""

    status: Literal["received"] = "received"


class Approval(Given, frozen=True):
    """What is approved; the consumer is, unless told, called by the mail address."""

    consumer: Name | None = None
    terms: KeyTerms = KeyTerms()
    days: Days = 7


class Refusal(Given, frozen=True):
    """Why not."""

    reason: Prose
