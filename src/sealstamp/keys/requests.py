"""Access requests: somebody asks for an access key, and an operator approves or declines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.mail import check_email

LONGEST_NAME: Final = 200
LONGEST_PURPOSE: Final = 2_000
"""Characters."""
MOST_OPEN: Final = 1_000
"""So many requests may wait for a decision; anybody can ask, so there must be an end."""
MOST_OPEN_PER_EMAIL: Final = 3
MOST_PER_HOUR: Final = 5
"""From one address of the network."""
HOUR_MS: Final = 3_600_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_END = re.compile(r"[\t\n]")


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


def check_person(place: str, name: str) -> str:
    """Check a person's name: one line of 1 to 200 characters. Raises ConfigurationError."""
    return _check_text(place, name, LONGEST_NAME, one_line=True)


def check_request(place: str, name: str, email: str, purpose: str) -> None:
    """Check what a stranger wrote. Raises ConfigurationError, which names ``place`` and repeats none of it."""
    check_person(f"{place}: name", name)
    check_email(f"{place}: email", email)
    check_prose(f"{place}: purpose", purpose)


def check_prose(place: str, text: str) -> str:
    """Check a text of several lines: 1 to 2,000 characters. Raises ConfigurationError."""
    return _check_text(place, text, LONGEST_PURPOSE, one_line=False)


def _check_text(place: str, text: str, longest: int, *, one_line: bool) -> str:
    if not text.strip() or len(text) > longest:
        raise ConfigurationError(place, f"it has {len(text)} characters", f"write 1 to {longest:,} characters")
    if _CONTROL.search(text) or (one_line and _LINE_END.search(text)):
        raise ConfigurationError(place, "it holds control characters", "write plain text")
    return text
