"""What several resources have in common: names, times, pages, problems.

Types that are sent to the service refuse fields they do not know. Those that come from it do not, so that a client
goes on working when a newer service says more.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$", max_length=128)]
"""Of a consumer, an API, a plan or an operator."""
Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339, with its offset."""
Limit = Annotated[int, Meta(ge=1, le=1000, description="Most items on a page.")]
Cursor = Annotated[str, Meta(max_length=2000, description="The page before said it, as next_cursor.")]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent to the service."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What comes from the service."""


class Paging(Given, frozen=True):
    """Which page of a list."""

    limit: Limit = 100
    cursor: Cursor | None = None


class Problem(Told, frozen=True):
    """Problem details (RFC 9457); ``code`` is stable, ``title`` is for people."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    place: str | None = None
    hint: str | None = None
    version: int | None = None
    server_time_ms: int | None = None


def moment_of(at_ms: int | None) -> Any:
    """Return Unix milliseconds as a time in UTC; None for None."""
    return None if at_ms is None else _EPOCH + timedelta(milliseconds=at_ms)


def ms_of(moment: datetime | None) -> int | None:
    """Return a time as Unix milliseconds; None for None."""
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)
