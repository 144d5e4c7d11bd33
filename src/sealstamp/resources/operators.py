"""Operators, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from sealstamp.core.credential import Secret
from sealstamp.resources.common import Given, Moment, Name, Told

Role = Annotated[
    Literal["viewer", "operator", "admin"],
    Meta(description="viewer reads; operator also works with consumers and keys; admin also changes what is guarded"),
]


class Operator(Told, frozen=True):
    """Who may call the management API."""

    name: str
    role: Role
    access_key_id: str
    status: Literal["active", "revoked"]
    created: Moment
    expires: Moment | None
    version: int


class Operators(Told, frozen=True):
    """A page of operators."""

    items: list[Operator]
    next_cursor: str | None


class NewOperator(Given, frozen=True):
    """An operator to be made."""

    name: Name
    role: Role
    expires: Moment | None = None


class OperatorChange(Given, frozen=True):
    """What of an operator can be changed."""

    role: Role


class OperatorPair(Told, frozen=True):
    """A new operator with its pair, whose secret is shown this once."""

    operator: Operator
    access_key_id: str
    secret: Secret


class Bootstrap(Given, frozen=True):
    """The one-time token of a first start, and what the first admin is to be called."""

    token: Secret
    name: Name = "admin"
