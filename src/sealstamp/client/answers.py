"""What a call was answered: a value, or an exception that says what it was refused for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from sealstamp.errors import (
    ConfigurationError,
    KeyStateError,
    NotFoundError,
    OutsideTimeWindowError,
    PermissionDeniedError,
    SealstampError,
    StaleVersionError,
    StoreUnavailableError,
    VerificationError,
)
from sealstamp.resources.common import Problem, decode

T = TypeVar("T")
_STATES: Final[Mapping[str, type[SealstampError]]] = {
    "not_found": NotFoundError,
    "conflict": KeyStateError,
    "precondition_failed": StaleVersionError,
    "role_too_low": PermissionDeniedError,
}
AGAIN: Final = frozenset([502, 503, 504])
"""Statuses of a service, or of a proxy before it, that may answer in a moment."""


def value_of(status: int, body: bytes, gives: type[T]) -> T:
    """Return the value of an answer. Raises what ``error_of`` tells, and StoreUnavailableError for what it is not."""
    if not 200 <= status < 300:
        raise error_of(status, body)
    if gives is type(None):
        return None
    try:
        return decode(body, gives)
    except msgspec.DecodeError as error:
        raise StoreUnavailableError(f"the answer is not one of the management API: {error}") from None


def error_of(status: int, body: bytes) -> SealstampError:
    """Return the exception for a refusal."""
    try:
        problem: Problem = decode(body, Problem)
    except msgspec.DecodeError:
        return StoreUnavailableError(f"the answer, status {status}, is not one of the management API")
    told = problem.title if problem.hint is None else f"{problem.title}\nhint: {problem.hint}"
    if problem.code == OutsideTimeWindowError.public_reason:
        return OutsideTimeWindowError(problem.server_time_ms or 0, told)
    kind: type[SealstampError] | None = _STATES.get(problem.code) or _refusals().get(problem.code)
    if kind is not None:
        return kind(told)
    if status >= 500:
        return StoreUnavailableError(f"{told} (request {problem.request_id})")
    return ConfigurationError(
        problem.place or problem.code, problem.title, problem.hint or f"the code is {problem.code}"
    )


def _refusals() -> Mapping[str, type[SealstampError]]:
    kinds = VerificationError.__subclasses__()
    return {kind.public_reason.value: kind for kind in kinds if hasattr(kind, "public_reason")}
