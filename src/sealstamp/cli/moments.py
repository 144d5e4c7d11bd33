"""Times as the command line asks for them and tells them."""

from __future__ import annotations

import time

from sealstamp.errors import ConfigurationError


def now_ms() -> int:
    """Return the wall clock in Unix milliseconds."""
    return time.time_ns() // 1_000_000


def read_moment(option: str, text: str) -> int:
    """Read ``2027-01-31T12:00:00Z`` into Unix milliseconds. Raises ConfigurationError."""
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(option, f"{text!r} is no time with a zone", "write 2027-01-31T12:00:00Z")
    return int(moment.timestamp() * 1000)


def write_moment(at_ms: int | None) -> str | None:
    """Write Unix milliseconds as ISO 8601 in UTC, to the second; nothing for no time."""
    from datetime import UTC, datetime

    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
