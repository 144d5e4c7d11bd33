"""Usage, as the management API gives it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from sealstamp.resources.access_keys import AccessKeyId
from sealstamp.resources.common import Moment, Name, Paging, Told

By = Annotated[
    str,
    Meta(
        pattern=r"^(hour|day|api|access_key|consumer|reason)(,(hour|day|api|access_key|consumer|reason)){0,5}$",
        description="What to add up by, with commas between.",
    ),
]


class UsageQuery(Paging, frozen=True):
    """Which usage, in whole hours of UTC, and what to add it up by."""

    since: Moment | None = None
    until: Moment | None = None
    api: Name | None = None
    access_key_id: AccessKeyId | None = None
    consumer: Name | None = None
    by: By | None = None


class UsageSum(Told, frozen=True, omit_defaults=True):
    """How many requests there were; of what, says what it was added up by."""

    requests: int
    hour: Moment | None = None
    day: Moment | None = None
    api: str | None = None
    access_key_id: str | None = None
    consumer: str | None = None
    reason: str | None = None


class UsageSums(Told, frozen=True):
    """A page of sums."""

    items: list[UsageSum]
    next_cursor: str | None
