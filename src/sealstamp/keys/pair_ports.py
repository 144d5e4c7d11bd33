"""What the ways of getting a pair ask of a store: plans, invitations, access requests, and mail about them.

``find_`` returns None, ``get_`` raises; every call may raise StoreUnavailableError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sealstamp.keys.invitations import Invitation, InvitationStatus
from sealstamp.keys.mail import Mail, MailStatus
from sealstamp.keys.plans import Plan
from sealstamp.keys.requests import AccessRequest, RequestStatus


class PlanStore(Protocol):
    """Keeps plans."""

    def list_plans(self) -> Sequence[Plan]:
        """Return every plan, by name."""

    def find_plan(self, name: str) -> Plan | None:
        """Return the plan with exactly this name, or None."""

    def get_plan(self, name: str) -> Plan:
        """Return the plan with exactly this name. Raises NotFoundError."""

    def put_plan(self, plan: Plan) -> None:
        """Keep ``plan``, in place of the one with its name."""

    def delete_plan(self, name: str) -> None:
        """Forget a plan. Raises NotFoundError, or KeyStateError while a key or a consumer is on it."""


class InvitationStore(Protocol):
    """Keeps invitations."""

    def list_invitations(
        self,
        *,
        status: InvitationStatus | None = None,
        consumer: str | None = None,
        after: str = "",
        limit: int = 1_000,
    ) -> Sequence[Invitation]:
        """Return invitations by id, which is by age: at most ``limit`` of those after the id ``after``."""

    def get_invitation(self, invitation_id: str) -> Invitation:
        """Return the invitation with exactly this id. Raises NotFoundError."""

    def find_invitation_by_hash(self, token_hash: bytes) -> Invitation | None:
        """Return the invitation whose token has this hash, or None."""

    def add_invitation(self, invitation: Invitation) -> None:
        """Keep a new invitation."""

    def update_invitation(self, invitation: Invitation) -> bool:
        """Keep ``invitation`` in place of the version before it; tell whether that one, and open, was still there.

        Of any number of callers who change the same version, exactly one is told True.
        """


class AccessRequestStore(Protocol):
    """Keeps access requests."""

    def list_access_requests(
        self, *, status: RequestStatus | None = None, after: str = "", limit: int = 1_000
    ) -> Sequence[AccessRequest]:
        """Return requests by id, which is by age: at most ``limit`` of those after the id ``after``."""

    def get_access_request(self, request_id: str) -> AccessRequest:
        """Return the request with exactly this id. Raises NotFoundError."""

    def count_access_requests(
        self,
        *,
        status: RequestStatus | None = None,
        email: str | None = None,
        address: str | None = None,
        since_ms: int = 0,
    ) -> int:
        """Return how many there are: in a status, of an e-mail address, from an address, made at or after a time."""

    def add_access_request(self, request: AccessRequest) -> None:
        """Keep a new request."""

    def update_access_request(self, request: AccessRequest) -> bool:
        """Keep ``request`` in place of the version before it; tell whether that one, and open, was still there."""


class Outbox(Protocol):
    """Keeps mail until it is sent, and for a while afterwards."""

    def add_mail(self, mail: Mail) -> None:
        """Keep a new message."""

    def list_mail(self, *, status: MailStatus | None = None, after: str = "", limit: int = 1_000) -> Sequence[Mail]:
        """Return messages by id, which is by age: at most ``limit`` of those after the id ``after``."""

    def get_mail(self, mail_id: str) -> Mail:
        """Return the message with exactly this id. Raises NotFoundError."""

    def lease_mail(self, now_ms: int, until_ms: int) -> Mail | None:
        """Take the next message that is due, so that until ``until_ms`` nobody else takes it; None where none is."""

    def update_mail(self, mail: Mail) -> bool:
        """Keep ``mail`` in place of the one with its id; tell whether there still was one.

        Its values are forgotten or stay as they are: while a sender is at work, they may be sealed anew.
        """

    def seal_mail_anew(self, mail_id: str, sealed_values: bytes) -> None:
        """Keep the sealed values of a message in place of those before; a message without any has been sent."""

    def drop_mail(self, about: str) -> int:
        """Forget what is not sent yet about an id, and return how many messages that were."""

    def forget_mail(self, before_ms: int) -> int:
        """Forget what was settled before a time, and return how many messages that were."""


class PairStore(PlanStore, InvitationStore, AccessRequestStore, Outbox, Protocol):
    """All of it."""
