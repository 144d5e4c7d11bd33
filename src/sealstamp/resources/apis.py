"""Guarded APIs, as the management API takes and gives them."""

from __future__ import annotations

from typing import Literal

from sealstamp.resources.common import Told


class SchemeChoice(Told, frozen=True):
    """A scheme that an API accepts, and the parameters it sets for it."""

    name: str
    parameters: dict[str, str]


class Api(Told, frozen=True):
    """A guarded API."""

    name: str
    host: str
    path_prefix: str
    schemes: list[SchemeChoice]
    enforcement: Literal["enforce", "observe", "off"]
    replay: Literal["nonce", "signature", "off"] | None
    response_profile: str | None
    upstream: str | None
    scopes: list[str]
    version: int


class Apis(Told, frozen=True):
    """A page of APIs."""

    items: list[Api]
    next_cursor: str | None
