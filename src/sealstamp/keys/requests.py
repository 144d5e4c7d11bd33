"""Access requests: somebody asks for an access key, and an operator approves or declines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sealstamp.errors import ConfigurationError

LONGEST_PROSE: Final = 2_000
"""Characters."""
MOST_OPEN: Final = 1_000
"""So many requests may wait for a decision; anybody can ask, so there must be an end."""
MOST_OPEN_PER_EMAIL: Final = 3
MOST_PER_HOUR: Final = 5
"""From one address of the network."""
HOUR_MS: Final = 3_600_000


class RequestStatus(StrEnum):
    """What became of an access request."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody's wish to call ``api``. Times are Unix milliseconds.

    ``address`` is where on the network it came from. ``reason`` is why it was declined. ``version`` grows by one with
    each change.
    """

    id: str
    name: str
    email: str
    api: str
    purpose: str
    created_at_ms: int
    address: str | None = None
    status: RequestStatus = RequestStatus.OPEN
    decided_at_ms: int | None = None
    reason: str | None = None
    consumer: str | None = None
    invitation: str | None = None
    version: int = 1


def check_prose(place: str, text: str) -> str:
    """Check a text of several lines: 1 to 2,000 characters. Raises ConfigurationError, which does not repeat it."""
    if not text.strip() or len(text) > LONGEST_PROSE:
        raise ConfigurationError(place, f"it has {len(text)} characters", f"write 1 to {LONGEST_PROSE:,} characters")
    if any(not sign.isprintable() and sign not in "\t\n\r" for sign in text):
        raise ConfigurationError(place, "it holds control characters", "write plain text")
    return text
