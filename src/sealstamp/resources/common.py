"""What several resources have in common: names, times, secrets, pages, problems.

Types that are sent to the service refuse fields they do not know. Those that come from it do not, so that a client
goes on working when a newer service says more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sealstamp.core.credential import Secret

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$", max_length=128)]
"""Of a consumer, an API, a plan or an operator."""
Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339, with its offset."""
Amount = Annotated[int, Meta(ge=0, le=10**15)]
Labels = Annotated[dict[str, str], Meta(max_length=64)]
Limit = Annotated[int, Meta(ge=1, le=1000, description="Most items on a page.")]
Cursor = Annotated[str, Meta(max_length=2000, description="The page before said it, as next_cursor.")]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")


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
    server_time_ms: int | None = None


def encode(value: Any) -> bytes:
    """Write a value as JSON, secrets in plain text: for what goes over the wire, and nowhere else."""
    return msgspec.json.encode(value, enc_hook=_written)


def decode(data: bytes, shape: type[T] | Any) -> T:
    """Read JSON as a type. Raises msgspec.DecodeError, and msgspec.ValidationError, which is one."""
    value: T = msgspec.json.decode(data, type=shape, dec_hook=_read)
    return value


def schema_of(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON schema of a type that JSON has not. Raises NotImplementedError."""
    if kind is Secret:
        return {"type": "string", "minLength": 1, "maxLength": 4096, "format": "password"}
    raise NotImplementedError(kind)


def told(document: Mapping[str, Any], shape: type[T]) -> T:
    """Return what the domain's document tells, as a type of this package."""
    return msgspec.convert(document, shape)


def given(body: Given) -> dict[str, Any]:
    """Return the fields that were sent; times become Unix milliseconds, under a name that says so."""
    fields = {name: getattr(body, name) for name in body.__struct_fields__}
    sent = {name: value for name, value in fields.items() if value is not UNSET}
    for name in _TIMES & sent.keys():
        sent[f"{name}_at_ms"] = ms_of(sent.pop(name))
    return sent


_TIMES: Final = {"expires"}


def moment_of(at_ms: int | None) -> Any:
    """Return Unix milliseconds as a time in UTC; None for None."""
    return None if at_ms is None else _EPOCH + timedelta(milliseconds=at_ms)


def ms_of(moment: datetime | UnsetType | None) -> int | None:
    """Return a time as Unix milliseconds; None for None."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) if isinstance(moment, datetime) else None


def _written(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal().decode()
    raise NotImplementedError(type(value))


def _read(kind: type[Any], value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError("expected a text")
