"""What a request's head says of a body that comes in chunks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.unpacking import read_carrier
from sealstamp.errors import MalformedCredentialsError

DIGEST: Final = "content_sha256"
"""What the scheme calls the value that is either a digest of the body or says in which chunks it comes."""
STREAMING: Final = b"STREAMING-"
_LENGTH: Final = b"x-amz-decoded-content-length"
_TRAILER: Final = b"x-amz-trailer"
_NAME = re.compile(rb"[a-z0-9-]{1,64}")
MAX_TRAILERS: Final = 8


class Mode(Record):
    """One way to frame a body: whether its chunks are signed, and whether fields follow the last of them."""

    signed: bool
    trailed: bool


MODES: Final[Mapping[bytes, Mode]] = MappingProxyType(
    {
        b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Mode(signed=True, trailed=False),
        b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Mode(signed=True, trailed=True),
        b"STREAMING-UNSIGNED-PAYLOAD-TRAILER": Mode(signed=False, trailed=True),
    }
)


class Head(Record):
    """What is to come: ``length`` bytes without their framing, then the fields ``trailers``, in lower case."""

    mode: Mode
    length: int
    trailers: tuple[bytes, ...]


def read_head(request: Request, digest: bytes) -> Head | None:
    """Return what the head says, or None for a body that is not in chunks. Raises MalformedCredentialsError."""
    if not digest.startswith(STREAMING):
        return None
    mode = MODES.get(digest)
    if mode is None:
        raise MalformedCredentialsError("chunks of this kind are not known here")
    values, doubled = request.header_fields
    if doubled & {_LENGTH, _TRAILER}:
        raise MalformedCredentialsError("the body's length or its trailer is announced twice")
    length = values.get(_LENGTH, b"")
    if not length.isdigit() or len(length) > 16:
        raise MalformedCredentialsError("x-amz-decoded-content-length does not say how long the body is")
    return Head(mode, int(length), _trailers(mode, values.get(_TRAILER, b"")))


def _trailers(mode: Mode, text: bytes) -> tuple[bytes, ...]:
    names = tuple(name.strip(b" \t").lower() for name in text.split(b",")) if text else ()
    if not mode.trailed and names:
        raise MalformedCredentialsError("x-amz-trailer announces fields that do not come in a body of this kind")
    if mode.trailed and not (1 <= len(names) <= MAX_TRAILERS and len({*names}) == len(names)):
        raise MalformedCredentialsError(f"x-amz-trailer does not name 1 to {MAX_TRAILERS} different fields")
    if not all(map(_NAME.fullmatch, names)):
        raise MalformedCredentialsError("x-amz-trailer names what can be no field")
    return names


def values_of(scheme: Scheme, request: Request) -> dict[str, bytes]:
    """Return every travelling value of a signed request, by name. Raises MalformedCredentialsError."""
    return {
        name: value
        for carrier in scheme.carriers
        for name, value in zip(carrier.carried, read_carrier(carrier, carrier.places[0].value_in(request)), strict=True)
    }
