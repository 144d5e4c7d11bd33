"""The audit, as the management API gives it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from sealstamp.resources.common import Given, Moment, Paging, Told

Text = Annotated[str, Meta(max_length=300)]


class AuditEntry(Told, frozen=True):
    """One act. ``hash`` covers the entry and the hash of the one before, ``previous``."""

    number: int
    at: Moment
    actor: str
    act: str
    subject: str
    request_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous: str
    hash: str


class AuditEntries(Told, frozen=True):
    """A page of the audit."""

    items: list[AuditEntry]
    next_cursor: str | None


class AuditQuery(Paging, frozen=True):
    """Which entries; ``act`` is a whole name such as ``access_key.issue``, or the word before its dot."""

    actor: Text | None = None
    act: Text | None = None
    subject: Text | None = None
    request_id: Text | None = None
    since: Moment | None = None
    until: Moment | None = None
    above: Annotated[int, Meta(ge=0, le=2**53, description="Only entries with higher numbers.")] | None = None
    order: Literal["oldest", "newest"] = "newest"


class AuditProof(Given, frozen=True):
    """An entry that was written down elsewhere, with which to compare."""

    number: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None


class AuditVerdict(Told, frozen=True):
    """Whether the whole chain is as it was written: up to ``sound``, whose hash is ``hash``.

    ``broken`` is the number of the first entry that is not as it was written, or not there, and ``problem`` says why.
    """

    is_whole: bool
    sound: int
    hash: str
    broken: int | None
    problem: str
