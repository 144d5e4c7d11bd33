"""Operators: who may manage what a provider owns, each with one operator key and one role."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.forms import Choose
from sealstamp.keys.rules import check_expiry_ms, check_name
from sealstamp.keys.sealing import Sealer
from sealstamp.schemes import get_scheme

OPERATOR_SCHEME: Final = "sealstamp"
"""What operators sign with."""


class Role(StrEnum):
    """What an operator may do; each role may do what those before it may."""

    VIEWER = "viewer"
    """Read everything but secrets, and ask for decisions."""
    OPERATOR = "operator"
    """Work with consumers, access keys, plans, invitations and requests."""
    ADMIN = "admin"
    """Change what is guarded and how: APIs, schemes, operators."""

    def covers(self, needed: Role) -> bool:
        """Tell whether this role may do what needs ``needed``."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class OperatorStatus(StrEnum):
    """Whether an operator's key is accepted."""

    ACTIVE = "active"
    REVOKED = "revoked"
    """Final."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody, or some automation, that calls the management API. Times are Unix milliseconds."""

    name: str
    role: Role
    access_key_id: str
    sealed_secret: bytes = field(repr=False)
    status: OperatorStatus = OperatorStatus.ACTIVE
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    version: int = 1

    def is_usable(self, now_ms: int) -> bool:
        """Tell whether the operator's key may be used at ``now_ms`` (Unix milliseconds)."""
        return self.status is OperatorStatus.ACTIVE and (self.expires_at_ms is None or now_ms < self.expires_at_ms)


def new_operator(
    sealer: Sealer, name: str, role: Role, *, choose: Choose, now_ms: int, expires_at_ms: int | None = None
) -> tuple[Operator, Credential]:
    """Make an operator with a new key; the credential is to be shown once. ``choose`` picks as ``secrets.choice`` does.

    Raises ConfigurationError for a name or a time that cannot be.
    """
    check_name("name", name)
    check_expiry_ms("expires_at", expires_at_ms)
    forms = get_scheme(OPERATOR_SCHEME).keys
    credential = Credential(forms.access_key_id.make(choose), Secret(forms.secret.make(choose)))
    sealed = sealer.seal(credential.access_key_id, credential.secret)
    operator = Operator(name, role, credential.access_key_id, sealed, created_at_ms=now_ms, expires_at_ms=expires_at_ms)
    return operator, credential
