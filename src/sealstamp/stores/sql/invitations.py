"""Invitations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from sealstamp.errors import NotFoundError
from sealstamp.keys.invitations import Invitation, InvitationStatus
from sealstamp.stores.pair_tables import invitations
from sealstamp.stores.sql.unit import Transactions


class InvitationTables(Transactions):
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
        query = select(invitations).where(invitations.c.id > after).order_by(invitations.c.id).limit(limit)
        if status is not None:
            query = query.where(invitations.c.status == status)
        if consumer is not None:
            query = query.where(invitations.c.consumer == consumer)
        with self._reading() as connection:
            return [_invitation_of(row) for row in connection.execute(query)]

    def get_invitation(self, invitation_id: str) -> Invitation:
        """Return the invitation with exactly this id. Raises NotFoundError."""
        with self._reading() as connection:
            row = connection.execute(select(invitations).where(invitations.c.id == invitation_id)).first()
            if row is None:
                raise NotFoundError(f"there is no invitation {invitation_id!r}")
            return _invitation_of(row)

    def find_invitation_by_hash(self, token_hash: bytes) -> Invitation | None:
        """Return the invitation whose token has this hash, or None."""
        with self._reading() as connection:
            row = connection.execute(select(invitations).where(invitations.c.token_hash == token_hash)).first()
            return None if row is None else _invitation_of(row)

    def add_invitation(self, invitation: Invitation) -> None:
        """Keep a new invitation."""
        with self._writing() as connection:
            connection.execute(insert(invitations).values(_invitation_values(invitation)))

    def update_invitation(self, invitation: Invitation) -> bool:
        """Keep ``invitation`` in place of the version before it; tell whether that one, and open, was still there.

        Of any number of callers who change the same version, exactly one is told True.
        """
        table = invitations.c
        this = update(invitations).where(
            table.id == invitation.id, table.version == invitation.version - 1, table.status == InvitationStatus.OPEN
        )
        with self._writing() as connection:
            return bool(connection.execute(this.values(_invitation_values(invitation))).rowcount)


def _invitation_values(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "token_hash": invitation.token_hash,
        "consumer": invitation.consumer,
        "terms": dict(invitation.terms),
        "holder": invitation.holder,
        "email": invitation.email,
        "created_at_ms": invitation.created_at_ms,
        "expires_at_ms": invitation.expires_at_ms,
        "status": invitation.status.value,
        "settled_at_ms": invitation.settled_at_ms,
        "access_key_id": invitation.access_key_id,
        "version": invitation.version,
    }


def _invitation_of(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        token_hash=bytes(row.token_hash),
        consumer=row.consumer,
        terms={name: tuple(value) if isinstance(value, list) else value for name, value in row.terms.items()},
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        holder=row.holder,
        email=row.email,
        status=InvitationStatus(row.status),
        settled_at_ms=row.settled_at_ms,
        access_key_id=row.access_key_id,
        version=row.version,
    )
