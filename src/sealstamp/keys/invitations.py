"""Invitations: a link with a token, whose holder claims an access key, once.

The token has 256 bits; of it the store keeps a SHA-256 alone, by which an invitation is found. A slow hash would add
nothing: so much randomness cannot be tried out. ::

              claim
    OPEN ───────────────▶ CLAIMED
      └──────▶ WITHDRAWN

An open invitation whose time has passed is expired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sealstamp.core.credential import Secret
from sealstamp.core.forms import Choose, Form
from sealstamp.errors import InvitationClaimedError, InvitationExpiredError, InvitationWithdrawnError

TOKEN_FORM: Final = Form.parse("base62 43")  # 62**43 is just above 2**256
DAY_MS: Final = 86_400_000
DEFAULT_DAYS: Final = 7
MOST_DAYS: Final = 90


class InvitationStatus(StrEnum):
    """What became of an invitation; whether it has expired follows from its time."""

    OPEN = "open"
    CLAIMED = "claimed"
    WITHDRAWN = "withdrawn"


Terms = Mapping[str, Any]
"""Properties that the access key will have, by name, as ``AccessKey`` has them; what is left out is as usual."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to ``consumer`` to claim a key with these ``terms``. Times are Unix milliseconds.

    ``holder`` is the name of the person, for the mail. ``access_key_id`` is that of the key that was claimed.
    ``version`` grows by one with each change.
    """

    id: str
    token_hash: bytes = field(repr=False)
    consumer: str
    terms: Terms
    created_at_ms: int
    expires_at_ms: int
    holder: str | None = None
    email: str | None = None
    status: InvitationStatus = InvitationStatus.OPEN
    settled_at_ms: int | None = None
    access_key_id: str | None = None
    version: int = 1

    def check_open(self, now_ms: int) -> None:
        """Raise InvitationClaimedError, InvitationWithdrawnError or InvitationExpiredError unless it can be claimed."""
        if self.status is InvitationStatus.CLAIMED:
            raise InvitationClaimedError
        if self.status is InvitationStatus.WITHDRAWN:
            raise InvitationWithdrawnError
        if now_ms >= self.expires_at_ms:
            raise InvitationExpiredError


def new_token(choose: Choose) -> Secret:
    """Make a token; ``choose`` picks as ``secrets.choice`` does."""
    return Secret(TOKEN_FORM.make(choose))


def token_hash(token: Secret) -> bytes:
    """Return what the store keeps of a token, and finds it by."""
    return hashlib.sha256(b"sealstamp invitation\0" + token.reveal()).digest()
