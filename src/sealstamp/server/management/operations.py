"""What an operation of the management API is: how it is called, what it takes and gives, and who may call it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from sealstamp.keys.acts.act import Act
from sealstamp.keys.distributors import Distributor
from sealstamp.keys.operators import Operator, Role
from sealstamp.server.management.problems import Code

if TYPE_CHECKING:
    from sealstamp.server.management.services import Services


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No fields at all."""


Query = TypeVar("Query")
Body = TypeVar("Body")


class Caller(StrEnum):
    """Who beside operators signs."""

    DISTRIBUTOR = "distributor"
    """A consumer with an access key that has the scope ``sealstamp:distribute``."""


DISTRIBUTOR: Final = Caller.DISTRIBUTOR


class IfMatch(StrEnum):
    """Whether an operation looks at ``If-Match``."""

    IGNORED = "ignored"
    TAKEN = "taken"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """One request, read and admitted. ``operator`` or ``distributor`` signed it; neither where it is open to all."""

    services: Services
    operator: Operator | None
    request_id: str
    now_ms: int
    path: Mapping[str, str]
    query: Query
    body: Body
    expected_version: int | None = None
    """The version in ``If-Match``; None where it did not come, or says ``*``."""
    address: str | None = None
    """Where an open operation is called from; None where nobody can tell."""
    distributor: Distributor | None = None

    @property
    def by(self) -> Distributor:
        """The distributor who signed, of an operation that is for distributors."""
        assert self.distributor is not None  # noqa: S101  # nobody else gets so far
        return self.distributor

    def act(self) -> Act:
        """Return what an act of the domain is given."""
        services, actor = self.services, "bootstrap"
        if self.operator is not None:
            actor = f"operator:{self.operator.name}"
        elif self.distributor is not None:
            actor = f"distributor:{self.distributor.name}"
        return Act(
            services.store,
            services.sealer,
            actor,
            self.request_id,
            self.now_ms,
            secrets.choice,
            self.expected_version,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation answers: a value for the body, the version that it is in, and where a new thing is."""

    value: Any = None
    version: int | None = None
    location: str | None = None


Run = Callable[[Call[Any, Any]], Reply]
RunAtDoor = Callable[[Call[Any, Any]], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path; ``takes``, ``query`` and ``gives`` are types.

    ``name`` is the OpenAPI ``operationId`` and the client's method. ``role`` says who may call it;
    None leaves it open to all. One that
    ``writes`` runs in one transaction of the store, and may be repeated under an ``Idempotency-Key``. ``run_at_door``
    is for those that wait for the door's decisions instead.
    """

    name: str
    method: str
    path: str
    summary: str
    role: Role | Caller | None
    run: Run | None = None
    run_at_door: RunAtDoor | None = None
    takes: Any = None
    query: type[Any] = Nothing
    gives: Any = None
    status: int = 200
    writes: bool = False
    if_match: IfMatch = IfMatch.IGNORED
    gives_etag: bool = False
    max_body: int = 1_048_576
    problems: tuple[Code, ...] = field(default=())
    """What it may be refused with, beside what follows from the rest."""


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")


def etag_of(version: int) -> str:
    """Return the entity tag (RFC 9110, section 8.8.3) of a version."""
    return f'"{version}"'
