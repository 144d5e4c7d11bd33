"""What was used, when, and how much: the values that are counted and kept.

All times are Unix milliseconds. Usage is kept by the hour, in UTC. What nobody signed rightly for is counted by API and
reason alone: ids and addresses are a stranger's choice, and no table grows by them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

HOUR_MS: Final = 3_600_000
NOBODY: Final = ""
"""Stands for the access key where nobody signed rightly."""


class LastUse(NamedTuple):
    """When, at which API and from where a key was last used; ``address`` is None where nobody could tell."""

    access_key_id: str
    at_ms: int
    api: str
    address: str | None


class Usage(NamedTuple):
    """How often in the hour that begins at ``hour_ms`` requests ended for ``reason``, which may be ``accepted``."""

    hour_ms: int
    api: str
    access_key_id: str
    reason: str
    requests: int


class UsageBy(StrEnum):
    """What usage can be added up by."""

    HOUR = "hour"
    DAY = "day"
    API = "api"
    ACCESS_KEY = "access_key"
    CONSUMER = "consumer"
    REASON = "reason"


class UsageFilter(NamedTuple):
    """Which usage is meant: that from ``since_ms`` up to ``until_ms``, of what is not None. Hours are whole.

    ``issuer`` is the distributor whose sub keys were used.
    """

    since_ms: int = 0
    until_ms: int | None = None
    api: str | None = None
    access_key_id: str | None = None
    consumer: str | None = None
    issuer: str | None = None


class UsageSum(NamedTuple):
    """A sum of usage: ``of`` has what it was added up by, in order; hours and days are when they begin."""

    of: tuple[str | int, ...]
    requests: int
