"""Everything Sealstamp raises, drawn once.

::

    SealstampError
    ├ SchemeError(path, problem, hint)              the scheme's author erred: at load, never per request
    ├ ConfigurationError(place, problem, hint)      the operator erred: settings, apply files, parameters
    ├ SigningError                                  the caller erred
    │ ├ MissingComponentError
    │ └ BodyUnavailableError
    ├ VerificationError(reason, status, public_message)   the other side erred
    │ ├ MissingCredentialsError 401 · MalformedCredentialsError 400 · SchemeNotAllowedError 401
    │ ├ OutsideTimeWindowError(server_time_ms) 401 · ComponentNotCoveredError 401
    │ ├ InvalidCredentialsError 401                 one public answer for its leaves:
    │ │   UnknownAccessKeyError · SignatureMismatchError
    │ ├ InactiveAccessKeyError 401                  disabled, expired, revoked: after the signature matched
    │ ├ DigestMismatchError 400 · NonceReplayedError 401 · AddressNotAllowedError 403
    │ ├ PermissionDeniedError 403
    │ └ LimitedError(retry_after_ms) 429            the same request may be sent again, later
    │     RateLimitedError · QuotaExceededError · TooManyFailuresError
    ├ InvalidAssertionError                         an application was told who called, and not by Sealstamp
    ├ VectorError                                   a test vector does not end as it says
    ├ KeyStateError 409 · NotFoundError 404         management
    │ └ StaleVersionError 412                       somebody else changed it meanwhile
    ├ InvitationError(code, status)                 an invitation cannot be claimed
    │ ├ InvitationUnknownError 404
    │ └ InvitationExpiredError · InvitationWithdrawnError · InvitationClaimedError 410
    ├ TooManyAccessRequestsError 429                a stranger asks too often
    └ StoreUnavailableError 503                     fail closed
      └ UnsealingError                              a sealed secret cannot be opened

``str(exc)`` is always safe to log: it never holds a secret, a signature of ours or a string to sign.
Where a caller of a guarded API must not learn what the log may say, ``public_message`` is what it is told.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Stable codes for a decision; logs, metrics, answers and test vectors all use these words."""

    ACCEPTED = "accepted"
    MISSING_CREDENTIALS = "missing_credentials"
    MALFORMED_CREDENTIALS = "malformed_credentials"
    SCHEME_NOT_ALLOWED = "scheme_not_allowed"
    OUTSIDE_TIME_WINDOW = "outside_time_window"
    COMPONENT_NOT_COVERED = "component_not_covered"
    INVALID_CREDENTIALS = "invalid_credentials"
    """What callers are told for both of the next two."""
    UNKNOWN_ACCESS_KEY = "unknown_access_key"
    SIGNATURE_MISMATCH = "signature_mismatch"
    INACTIVE_ACCESS_KEY = "inactive_access_key"
    DIGEST_MISMATCH = "digest_mismatch"
    NONCE_REPLAYED = "nonce_replayed"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    PERMISSION_DENIED = "permission_denied"
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    TOO_MANY_FAILURES = "too_many_failures"
    STORE_UNAVAILABLE = "store_unavailable"


class SealstampError(Exception):
    """The root of every error Sealstamp raises on purpose."""


class SchemeError(SealstampError):
    """A scheme file cannot be used; raised when it is loaded, never for a request.

    ``path`` is the file and line (``bbx.toml:14``), ``problem`` what is wrong, ``hint`` what to do about it.
    """

    def __init__(self, path: str, problem: str, hint: str) -> None:
        super().__init__(f"{path}: {problem}\nhint: {hint}")
        self.path = path
        self.problem = problem
        self.hint = hint


class ConfigurationError(SealstampError):
    """A setting, an apply file or a scheme parameter is wrong; says where, what and the remedy."""

    def __init__(self, place: str, problem: str, hint: str) -> None:
        super().__init__(f"{place}: {problem}\nhint: {hint}")
        self.place = place
        self.problem = problem
        self.hint = hint


class SigningError(SealstampError):
    """A request cannot be signed as asked."""


class MissingComponentError(SigningError):
    """The scheme signs something that the request or the caller did not give."""


class BodyUnavailableError(SigningError):
    """The scheme needs the body's bytes, and they cannot be read."""


class VerificationError(SealstampError):
    """A request was refused.

    Attributes: ``reason`` (stable code, for log and metrics), ``public_reason`` (stable code for the caller),
    ``status`` (HTTP), ``public_message`` (safe to answer with). The exception's text is for the log and may be plainer.
    ``signed_by`` is the access key id whose signature was right, where that is known; None where none was.
    """

    reason: ClassVar[Reason]
    public_reason: ClassVar[Reason]
    status: ClassVar[int] = 401
    public_message: ClassVar[str]
    signed_by: str | None = None

    def __init_subclass__(cls) -> None:
        """Tell the caller the reason itself, unless a class says otherwise."""
        if "reason" in cls.__dict__ and not hasattr(cls, "public_reason"):
            cls.public_reason = cls.reason

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.public_message)


class MissingCredentialsError(VerificationError):
    """A field the scheme requires is not in the request."""

    reason = Reason.MISSING_CREDENTIALS
    public_message = "the request carries no complete credentials"


class MalformedCredentialsError(VerificationError):
    """A field is there but cannot be read: doubled, wrongly spelled, not a number, too long."""

    reason = Reason.MALFORMED_CREDENTIALS
    status = 400
    public_message = "the request's credentials cannot be read"


class SchemeNotAllowedError(VerificationError):
    """The API does not accept the scheme that the request was signed with."""

    reason = Reason.SCHEME_NOT_ALLOWED
    public_message = "this API does not accept the scheme of this signature"


class OutsideTimeWindowError(VerificationError):
    """The request's time is too old, too new, or before the replay guard was born.

    ``server_time_ms`` is this server's time in Unix milliseconds, so that a client can set its clock by it.
    """

    reason = Reason.OUTSIDE_TIME_WINDOW
    public_message = "the request's time is outside the accepted window"

    def __init__(self, server_time_ms: int, detail: str | None = None) -> None:
        super().__init__(detail)
        self.server_time_ms = server_time_ms


class ComponentNotCoveredError(VerificationError):
    """The signer chose to cover less than the scheme demands."""

    reason = Reason.COMPONENT_NOT_COVERED
    public_message = "the signature does not cover all that it must"


class InvalidCredentialsError(VerificationError):
    """Unknown key or wrong signature; its leaves differ for the log and are one to the caller."""

    public_reason = Reason.INVALID_CREDENTIALS
    public_message = "the access key or the signature is not valid"


class UnknownAccessKeyError(InvalidCredentialsError):
    """No access key has the presented id."""

    reason = Reason.UNKNOWN_ACCESS_KEY


class SignatureMismatchError(InvalidCredentialsError):
    """The signature that came is not the one the secret gives."""

    reason = Reason.SIGNATURE_MISMATCH


class InactiveAccessKeyError(VerificationError):
    """The signature is right, but the key is disabled, expired or revoked."""

    reason = Reason.INACTIVE_ACCESS_KEY
    public_message = "the access key is not active"


class DigestMismatchError(VerificationError):
    """The body is not the one whose digest was signed."""

    reason = Reason.DIGEST_MISMATCH
    status = 400
    public_message = "the body does not match its signed digest"


class NonceReplayedError(VerificationError):
    """The nonce, or the signature where the API guards by it, was accepted before."""

    reason = Reason.NONCE_REPLAYED
    public_message = "the request was already accepted once"


class AddressNotAllowedError(VerificationError):
    """The key may not be used from this address."""

    reason = Reason.ADDRESS_NOT_ALLOWED
    status = 403
    public_message = "the access key may not be used from this address"


class PermissionDeniedError(VerificationError):
    """The signature is right, but the key is not for this API."""

    reason = Reason.PERMISSION_DENIED
    status = 403
    public_message = "the access key may not be used for this API"


class LimitedError(VerificationError):
    """Too much came; the very same request may be sent again later.

    ``retry_after_ms`` is in how many milliseconds that makes sense. ``limit`` names the limit, ``amount`` is what it
    allows in ``per_ms`` milliseconds; a caller is not told of one without a name.
    """

    status = 429

    def __init__(
        self, retry_after_ms: int, detail: str | None = None, *, limit: str = "", amount: int = 0, per_ms: int = 0
    ) -> None:
        super().__init__(detail)
        self.retry_after_ms = retry_after_ms
        self.limit = limit
        self.amount = amount
        self.per_ms = per_ms


class RateLimitedError(LimitedError):
    """The key's rate limit is used up."""

    reason = Reason.RATE_LIMITED
    public_message = "too many requests"


class QuotaExceededError(LimitedError):
    """The key's quota is used up, or one that it shares."""

    reason = Reason.QUOTA_EXCEEDED
    public_message = "the quota is used up"


class TooManyFailuresError(LimitedError):
    """From this address came too many wrong signatures lately."""

    reason = Reason.TOO_MANY_FAILURES
    public_message = "too many requests with wrong credentials came from this address; wait"


class InvalidAssertionError(SealstampError):
    """An assertion of who called is not Sealstamp's, not for this API, or not good now."""


class VectorError(SealstampError):
    """A test vector ends otherwise than it says: the scheme, its description and the verifier do not agree."""


class KeyStateError(SealstampError):
    """The act does not fit the key's state, such as enabling a revoked key."""


class StaleVersionError(KeyStateError):
    """What is to be changed is not the version that whoever changes it knows."""


class NotFoundError(SealstampError):
    """Nothing has that name or id."""


class InvitationError(SealstampError):
    """An invitation cannot be claimed. ``code`` is stable, ``status`` HTTP; the text is safe to answer with."""

    code: ClassVar[str]
    status: ClassVar[int] = 410
    public_message: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.public_message)


class InvitationUnknownError(InvitationError):
    """No invitation has this token."""

    code = "invitation_unknown"
    status = 404
    public_message = "there is no such invitation"


class InvitationExpiredError(InvitationError):
    """The invitation's time is over."""

    code = "invitation_expired"
    public_message = "the invitation has expired; ask for a new one"


class InvitationWithdrawnError(InvitationError):
    """The invitation was taken back."""

    code = "invitation_withdrawn"
    public_message = "the invitation was withdrawn"


class InvitationClaimedError(InvitationError):
    """The invitation's access key was claimed already; if not by its holder, the key is in wrong hands."""

    code = "invitation_claimed"
    public_message = "the invitation was claimed already; if you did not claim it, tell whoever sent it at once"


class TooManyAccessRequestsError(SealstampError):
    """Too many access requests came, from this sender or altogether."""

    code = "too_many_access_requests"
    status = 429
    public_message = "too many access requests; try again later"

    def __init__(self) -> None:
        super().__init__(self.public_message)


class StoreUnavailableError(SealstampError):
    """The key or replay store cannot answer; whoever asks must refuse."""

    reason = public_reason = Reason.STORE_UNAVAILABLE
    status = 503
    public_message = "the service cannot decide now; try again"


Refusal = VerificationError | StoreUnavailableError
"""Whatever keeps a request from being accepted."""

PUBLIC_REASONS = frozenset(Reason) - {Reason.ACCEPTED, Reason.UNKNOWN_ACCESS_KEY, Reason.SIGNATURE_MISMATCH}
"""The reasons a caller can be told; response profiles word these."""
