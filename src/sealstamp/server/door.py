"""One decision at the door: the verifier's three steps, with the store, limits and the replay guard between them.

Keys that were met before are at hand, so a usual decision awaits nothing; only a key's first request, a share of a
quota that is used up, and a claim stamped ahead of the clock wait for the disk, in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter_ns
from typing import Final

from sealstamp.core.bodycheck import BodyCheck
from sealstamp.core.request import Request
from sealstamp.core.verifier import BoundKey, Claim, ClaimResult, Principal, require_claimed
from sealstamp.errors import (
    InvalidCredentialsError,
    MalformedCredentialsError,
    MissingCredentialsError,
    StoreUnavailableError,
    VerificationError,
)
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.ports import ReplayGuard
from sealstamp.keys.snapshot import AcceptedScheme, GuardedApi
from sealstamp.server.answers import Answered, refusal_answer
from sealstamp.server.asserting import Asserter
from sealstamp.server.attempts import Attempts
from sealstamp.server.bodies import BodyUnderCheck, ObservedBody
from sealstamp.server.ports import DecisionRecords, UsageLimiter

_MADE: Final = ClaimResult.MADE  # an enum's members are slow to look up before Python 3.12


Admitted = tuple[Principal | None, BodyUnderCheck | None]
"""Who signed, None where an API lets unsigned requests pass; and a body that is still to be compared."""


class Door:
    """Decides for every API of one process. ``now_ms`` is the wall clock in Unix milliseconds.

    ``asserter`` signs what upstreams are told of who called; None where nobody does.
    """

    def __init__(
        self,
        replay: ReplayGuard,
        attempts: Attempts,
        limiter: UsageLimiter,
        records: DecisionRecords,
        now_ms: Callable[[], int],
        asserter: Asserter | None = None,
    ) -> None:
        self._replay = replay
        self._attempts = attempts
        self._limiter = limiter
        self._records = records
        self.now_ms = now_ms
        self.asserter = asserter

    async def admit(
        self, guarded: GuardedApi, request: Request, request_id: str, address: ClientAddress | None = None
    ) -> Admitted:
        """Return who signed, or None where the API lets unsigned requests pass. Raises Answered, with the refusal.

        ``address`` is where the request comes from, None where nobody can tell. A key that is for some networks only
        is then refused, and failures are not counted.

        What comes second is a body that is still to be compared with its signed digest; then the decision is counted
        when that is done.
        """
        if not guarded.looks:
            return None, None
        began = perf_counter_ns()
        accepted = guarded.accepted[0]
        now_ms = self.now_ms()
        try:
            if guarded.accepts_several:
                accepted = guarded.scheme_of(request)
            key, body_check = await self._verify(accepted, request, address, now_ms)
        except (VerificationError, StoreUnavailableError) as refusal:
            self._records.refused(accepted, refusal, address, request_id, perf_counter_ns() - began)
            if guarded.only_observes:
                return None, None
            answer = refusal_answer(refusal, guarded.responses, request_id, now_ms)
            raise Answered(answer, refusal.public_reason) from None
        took_ns = perf_counter_ns() - began
        if body_check is not None:
            body = self._under_check(body_check, guarded, accepted, key, address, request_id, now_ms, took_ns)
            return (None if guarded.only_observes else key.principal), body
        self._accept(accepted, key, address, now_ms, took_ns)
        return key.principal, None

    async def _verify(
        self, accepted: AcceptedScheme, request: Request, address: ClientAddress | None, now_ms: int
    ) -> tuple[BoundKey, BodyCheck | None]:
        """Take the verifier's steps. Return who signed, and what checks a body that comes later, if it is signed."""
        verifier = accepted.verifier
        if verifier.may_need_body and request.body is None and verifier.reads_body(request):
            if not verifier.recognises(request):
                raise MissingCredentialsError("the request carries no signature")
            raise MalformedCredentialsError("the scheme signs the body, which this door does not see")
        presented = verifier.present(request, now_ms)
        wait_ms = 0
        if address is not None and self._attempts.is_failing(address.source):
            wait_ms = self._attempts.wait_ms(accepted, request, presented, address, now_ms)
        try:
            if verifier.names_key:
                named = presented[0]
                key = accepted.find_cached(named) or await asyncio.to_thread(accepted.find_key, named)
                claim = verifier.check(request, presented, key, now_ms)
            else:
                candidates = accepted.candidates
                if candidates is None:
                    candidates = await asyncio.to_thread(accepted.find_candidates)
                key, claim = verifier.check_candidates(request, presented, candidates, now_ms)
        except InvalidCredentialsError as refusal:
            raise self._attempts.failed(refusal, accepted, presented, address, now_ms, wait_ms) from None
        assert key is not None  # noqa: S101  # check has refused otherwise
        comes_later = verifier.digests_body and request.body is None
        body_check = verifier.body_check(presented, key) if comes_later else None
        if key.terms is not None:
            await self._check_terms(key, claim, address, now_ms)
        elif claim is not None and (made := self._replay.claim(claim, now_ms)) is not _MADE:
            await _settle(made, key, now_ms)
        return key, body_check

    async def _check_terms(
        self, key: BoundKey, claim: Claim | None, address: ClientAddress | None, now_ms: int
    ) -> None:
        """Ask what the key's terms ask, then make the claim. What is refused here was not used."""
        try:
            key.terms.check_address(address)
            if (taken := self._limiter.take(key.terms, now_ms)) is not None:
                await taken
        except VerificationError as refusal:
            refusal.signed_by = key.principal.access_key_id
            raise
        try:
            if claim is not None and (made := self._replay.claim(claim, now_ms)) is not _MADE:
                await _settle(made, key, now_ms)
        except (VerificationError, StoreUnavailableError):
            self._limiter.give_back(key.terms, now_ms)
            raise

    def _accept(
        self, accepted: AcceptedScheme, key: BoundKey, address: ClientAddress | None, now_ms: int, took_ns: int
    ) -> None:
        is_new = self._records.accepted(accepted, key, address, now_ms, took_ns)
        if is_new and address is not None:
            self._attempts.succeeded(accepted, key, address, now_ms)

    def _under_check(
        self,
        check: BodyCheck,
        guarded: GuardedApi,
        accepted: AcceptedScheme,
        key: BoundKey,
        address: ClientAddress | None,
        request_id: str,
        now_ms: int,
        took_ns: int,
    ) -> BodyUnderCheck:
        """Return the body that is still to be compared; a decision's time is what it took before the body came."""

        def accept() -> None:
            self._accept(accepted, key, address, now_ms, took_ns)

        def refuse(refusal: VerificationError) -> None:
            refusal.signed_by = key.principal.access_key_id
            self._records.refused(accepted, refusal, address, request_id, took_ns)
            if not guarded.only_observes:
                answer = refusal_answer(refusal, guarded.responses, request_id, self.now_ms())
                raise Answered(answer, refusal.public_reason) from None

        kind = ObservedBody if guarded.only_observes else BodyUnderCheck
        return kind(check, accept, refuse, may_be_unseen=not accepted.verifier.refuses_unseen)


async def _settle(made: ClaimResult | Awaitable[ClaimResult], key: BoundKey, now_ms: int) -> None:
    """Wait for an answer that did not come at once. Raises what require_claimed raises."""
    try:
        require_claimed(made if isinstance(made, ClaimResult) else await made, now_ms)
    except VerificationError as refusal:
        refusal.signed_by = key.principal.access_key_id
        raise
