"""One case: a request, the circumstances it comes in, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sealstamp.core.credential import Credential
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.stages import Stage, show_stages
from sealstamp.core.verifier import (
    NEVER_MS,
    BoundKey,
    Claim,
    ClaimResult,
    ReplayBy,
    Verifier,
    require_claimed,
)
from sealstamp.errors import Reason, VectorError, VerificationError

CONSUMER = "acme"
NOTHING: Mapping[str, str] = MappingProxyType({})


class Key(Record):
    """The one access key that the verifier knows. ``usable_until_ms`` is Unix milliseconds, 0 if it is disabled."""

    credential: Credential
    usable_until_ms: int = NEVER_MS
    permitted: bool = True


class Signing(Record):
    """What a signer is given so that it makes the request of a case; ``values`` are travelling parameters."""

    unsigned: Request
    time_ms: int | None
    nonce: str | None
    values: Mapping[str, str] = NOTHING


class Case(Record):
    """A request and its circumstances.

    ``reasons`` are those with which it may end as its maker sees it, the one with which it does end once it is judged.
    ``before`` are accepted just before it. ``like`` names the accepted case from which it differs by one fault.
    """

    name: str
    title: str
    scheme: Scheme
    parameters: Mapping[str, str]
    key: Key
    request: Request
    now_ms: int
    reasons: frozenset[Reason]
    guard: ReplayBy | None = None
    before: tuple[Request, ...] = ()
    like: str = ""
    signing: Signing | None = None
    source: str = ""

    @property
    def reason(self) -> Reason:
        """How it ends. Raises ValueError before it is judged, where several are possible."""
        (reason,) = self.reasons
        return reason

    @property
    def accepted(self) -> bool:
        """Whether it is accepted."""
        return self.reason is Reason.ACCEPTED

    def stages(self) -> tuple[Stage, ...]:
        """Return every stage of the signature that an accepted case carries, secrets and all."""
        presented = Verifier(self.scheme).present(self.request, self.now_ms)
        return show_stages(self.scheme, self.key.credential, presented, self.request, reveal=True)


def settle(case: Case) -> Case:
    """Return the case with the one reason it ends with. Raises VectorError if its maker did not expect that."""
    reason = judge(case)
    if reason not in case.reasons:
        expected = " or ".join(sorted(case.reasons))
        raise VectorError(f"{case.scheme.name}/{case.name}: expected {expected}, but it ends with {reason}")
    return case.replace(reasons=frozenset({reason}))


def judge(case: Case) -> Reason:
    """Verify the request after those that come before it; return how it ends.

    Raises VectorError if one of those before it is refused.
    """
    door = _Door(case)
    for request in case.before:
        if (reason := door.answer(request)) is not Reason.ACCEPTED:
            raise VectorError(f"{case.scheme.name}/{case.name}: a request before it is refused, {reason}")
    return door.answer(case.request)


class _Door:
    """A verifier with one key, and a memory of what was accepted."""

    def __init__(self, case: Case) -> None:
        self._now_ms = case.now_ms
        self._verifier = Verifier(case.scheme, replay_by=case.guard)
        self._id = case.key.credential.access_key_id.encode()
        self._key = self._verifier.bind(
            case.key.credential,
            consumer=CONSUMER,
            usable_until_ms=case.key.usable_until_ms,
            permitted=case.key.permitted,
        )
        self._seen: set[bytes] = set()
        self._highest = -1

    def answer(self, request: Request) -> Reason:
        """Return how one request ends."""
        try:
            claim = self._check(request)
            if claim is not None:
                require_claimed(self._claim(claim), self._now_ms)
        except VerificationError as refusal:
            return refusal.reason
        return Reason.ACCEPTED

    def _check(self, request: Request) -> Claim | None:
        presented = self._verifier.present(request, self._now_ms)
        if not self._verifier.names_key:
            return self._verifier.check_candidates(request, presented, [self._key], self._now_ms)[1]
        found: BoundKey | None = self._key if self._verifier.access_key_id_of(presented) == self._id else None
        return self._verifier.check(request, presented, found, self._now_ms)

    def _claim(self, claim: Claim) -> ClaimResult:
        if claim.number is not None:
            is_higher = claim.number > self._highest
            self._highest = max(claim.number, self._highest)
            return ClaimResult.MADE if is_higher else ClaimResult.SEEN
        if claim.token in self._seen:
            return ClaimResult.SEEN
        self._seen.add(claim.token)
        return ClaimResult.MADE
