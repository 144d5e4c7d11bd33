"""What the management API refuses a request with: problem details (RFC 9457) whose codes are stable."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sealstamp.errors import (
    ConfigurationError,
    InvitationError,
    KeyStateError,
    NotFoundError,
    SchemeError,
    SealstampError,
    StaleVersionError,
    StoreUnavailableError,
    TooManyAccessRequestsError,
)
from sealstamp.server.answers import Answer, Headers, problem


class Code(StrEnum):
    """The codes of problems, beside the reasons of refused signatures."""

    MALFORMED_REQUEST = "malformed_request"
    """The body is not JSON, or the path, query or a header cannot be read."""
    INVALID_REQUEST = "invalid_request"
    """A field is missing, unknown, or not of its type."""
    INVALID_CURSOR = "invalid_cursor"
    """The cursor is not one that this list gave."""
    BOOTSTRAP_REFUSED = "bootstrap_refused"
    """The bootstrap token is wrong, was used, or has expired."""
    ROLE_TOO_LOW = "role_too_low"
    """The operator's role does not allow the act, or it is for a distributor, or not for one."""
    NOT_FOUND = "not_found"
    """Nothing has that name or id, or no operation is at that path."""
    METHOD_NOT_ALLOWED = "method_not_allowed"
    """The path takes other methods; ``Allow`` lists them."""
    CONFLICT = "conflict"
    """The act does not fit the state of things, or the name or id is taken."""
    PRECONDITION_FAILED = "precondition_failed"
    """It has changed since the version in ``If-Match``."""
    BODY_TOO_LARGE = "body_too_large"
    """The body is larger than the operation takes."""
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    """The body is not said to be JSON."""
    INVALID_VALUE = "invalid_value"
    """The request can be read, but what it asks for cannot be; ``hint`` says what can."""
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    """The ``Idempotency-Key`` came before with another request."""
    PRECONDITION_REQUIRED = "precondition_required"
    """An update needs ``If-Match``, with the ``ETag`` that was read, or ``*``."""
    INVITATION_UNKNOWN = "invitation_unknown"
    """No invitation has this token."""
    INVITATION_EXPIRED = "invitation_expired"
    """The invitation's time is over."""
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    """The invitation was taken back."""
    INVITATION_CLAIMED = "invitation_claimed"
    """The invitation's key was claimed already."""
    TOO_MANY_ACCESS_REQUESTS = "too_many_access_requests"
    """Too many access requests came from one sender, or wait altogether."""
    INTERNAL_ERROR = "internal_error"
    """The service failed; its log has a line with the request's id."""
    STORE_UNAVAILABLE = "store_unavailable"
    """The store cannot answer now; try again."""


STATUS: Final[Mapping[Code, int]] = {
    Code.MALFORMED_REQUEST: 400,
    Code.INVALID_REQUEST: 400,
    Code.INVALID_CURSOR: 400,
    Code.BOOTSTRAP_REFUSED: 403,
    Code.ROLE_TOO_LOW: 403,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.INVITATION_UNKNOWN: 404,
    Code.INVITATION_EXPIRED: 410,
    Code.INVITATION_WITHDRAWN: 410,
    Code.INVITATION_CLAIMED: 410,
    Code.TOO_MANY_ACCESS_REQUESTS: 429,
    Code.CONFLICT: 409,
    Code.PRECONDITION_FAILED: 412,
    Code.BODY_TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.INVALID_VALUE: 422,
    Code.IDEMPOTENCY_KEY_REUSED: 422,
    Code.PRECONDITION_REQUIRED: 428,
    Code.INTERNAL_ERROR: 500,
    Code.STORE_UNAVAILABLE: 503,
}
"""The HTTP status of each."""


class ProblemError(Exception):
    """The request is answered with a problem; ``title`` is for people, ``facts`` are further members."""

    def __init__(self, code: Code, title: str, headers: Headers | None = None, **facts: object) -> None:
        super().__init__(title)
        self.code = code
        self.title = title
        self.headers = headers or []
        self.facts = facts

    def answer(self, request_id: str) -> Answer:
        """Return the answer."""
        answer = problem(STATUS[self.code], self.code, self.title, request_id, **self.facts)
        answer.headers += self.headers
        return answer


def problem_of(error: SealstampError) -> ProblemError:
    """Return what an error of the domain is to whoever asked. Raises the error itself where it has no such meaning."""
    match error:
        case NotFoundError():
            return _told(Code.NOT_FOUND, error)
        case StaleVersionError():
            return _told(Code.PRECONDITION_FAILED, error)
        case KeyStateError():
            return _told(Code.CONFLICT, error)
        case InvitationError() | TooManyAccessRequestsError():
            return ProblemError(Code(error.code), error.public_message)
        case ConfigurationError():
            return ProblemError(Code.INVALID_VALUE, error.problem, place=error.place, hint=error.hint)
        case SchemeError():
            return ProblemError(Code.INVALID_VALUE, error.problem, place=error.path, hint=error.hint)
        case StoreUnavailableError():  # its text may name files of this machine; the log has it
            return ProblemError(Code.STORE_UNAVAILABLE, error.public_message)
    raise error


def _told(code: Code, error: SealstampError) -> ProblemError:
    title, _, hint = str(error).partition("\nhint: ")
    return ProblemError(code, title, hint=hint) if hint else ProblemError(code, title)
