"""Guarded APIs, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sealstamp.resources.access_keys import Scope
from sealstamp.resources.common import Given, Name, Told

SchemeName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")]
Host = Annotated[str, Meta(max_length=255, description="A lower-case host name or address without a port, or *.")]
PathPrefix = Annotated[str, Meta(max_length=1024, pattern=r"^/")]
Upstream = Annotated[str, Meta(max_length=1024, pattern=r"^https?://")]
Enforcement = Literal["enforce", "observe", "off"]
Replay = Literal["nonce", "signature", "off"]


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
    enforcement: Enforcement
    replay: Replay | None
    response_profile: str | None
    upstream: str | None
    scopes: list[str]
    version: int


class Apis(Told, frozen=True):
    """A page of APIs."""

    items: list[Api]
    next_cursor: str | None


class GivenChoice(Given, frozen=True):
    """A scheme to accept, and the parameters to set for it."""

    name: SchemeName
    parameters: Annotated[dict[str, Annotated[str, Meta(max_length=1024)]], Meta(max_length=64)] = msgspec.field(
        default_factory=dict
    )


Schemes = Annotated[list[GivenChoice], Meta(min_length=1, max_length=32)]


class ApiChange(Given, frozen=True):
    """What of an API is to change; null clears, what is absent stays."""

    host: Host | UnsetType = UNSET
    path_prefix: PathPrefix | UnsetType = UNSET
    schemes: Schemes | UnsetType = UNSET
    enforcement: Enforcement | UnsetType = UNSET
    replay: Replay | UnsetType | None = UNSET
    response_profile: SchemeName | UnsetType | None = UNSET
    upstream: Upstream | UnsetType | None = UNSET
    scopes: Annotated[list[Scope], Meta(max_length=64)] | UnsetType = UNSET


class NewApi(ApiChange, frozen=True, kw_only=True):
    """An API to be guarded. Its host is any, and its path prefix ``/``, unless said."""

    name: Name
    schemes: Schemes
