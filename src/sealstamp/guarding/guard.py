"""Deciding about a request inside an application: the service's own door, with keys that the application gives."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from ipaddress import ip_network
from threading import Lock
from typing import Any, Final, TypeVar

from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.verifier import Claim, ClaimResult, Principal, ReplayBy, Verifier
from sealstamp.errors import ConfigurationError, MissingCredentialsError, PermissionDeniedError, VerificationError
from sealstamp.guarding.keys import Keys, SuppliedKeys
from sealstamp.guarding.records import LoggedDecisions, OwnLimits, OwnThrottle
from sealstamp.guarding.threads import LoopThread
from sealstamp.keys.domain import Api, SchemeChoice
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.limits import RateLimit
from sealstamp.keys.ports import ReplayGuard
from sealstamp.keys.replay import MemoryReplayGuard
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.schemes import get_scheme
from sealstamp.server.answers import Answer, Answered, new_request_id, problem, refusal_answer
from sealstamp.server.attempts import Attempts
from sealstamp.server.bodies import BodyUnderCheck
from sealstamp.server.clock import now_ms as wall_clock_ms
from sealstamp.server.door import Door
from sealstamp.server.eager import begin
from sealstamp.server.locating import Locator
from sealstamp.server.trust import Trust

ReadBody = Callable[[int], Awaitable[bytes]]
"""Reads the whole body of at most so many bytes. Raises Answered for a larger one."""

T = TypeVar("T")
Ask = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Has the door's work done where the door is."""
MAX_CACHED_KEYS: Final = 100_000
_MINUTE_MS: Final = 60_000
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class Guard:
    """Decides about the requests to one application. Times are milliseconds.

    ``schemes`` is what it accepts: the name of a catalogue scheme, the path of a scheme file, a Scheme, or several of
    these. ``keys`` are its access keys: a mapping, or a function that finds one by its id and may block. What was
    found is believed for ``keys_fresh_ms``; then a revoked key is refused.

    ``api`` keeps apart what applications that share a ``replay`` guard have accepted. Without a ``replay`` guard each
    process remembers for itself what it accepted, so with several a request passes once in each of them. ``replay_by``
    is as with Verifier.

    A body that is signed is read whole before the application has a byte of it; ``max_body`` is how many bytes it may
    have. ``trusted_addresses`` are the networks of proxies, whose ``client_address_header`` is believed, and for
    which no failures are counted.

    Raises ConfigurationError, NotFoundError, SchemeError.
    """

    def __init__(
        self,
        schemes: str | Scheme | Sequence[str | Scheme],
        keys: Keys,
        *,
        api: str = "application",
        replay: ReplayGuard | None = None,
        replay_by: ReplayBy | None = None,
        max_body: int = 1_048_576,
        keys_fresh_ms: int = 5_000,
        trusted_addresses: Iterable[str] = _LOOPBACK,
        client_address_header: str = "",
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        chosen = [schemes] if isinstance(schemes, str | Scheme) else schemes
        accepted = [one if isinstance(one, Scheme) else get_scheme(one) for one in chosen]
        if not accepted:
            raise ConfigurationError("guard", "no scheme is accepted", "name at least one")
        self.schemes = tuple(accepted)
        if replay is None:
            _check_memory_suffices(self.schemes, replay_by)
        self._cache = KeyCache(MAX_CACHED_KEYS)
        verifiers = [Verifier(one, replay_by=replay_by, scope=api, body_later=True) for one in self.schemes]
        self._guarded = self._accepting(api, verifiers, keys, blocks=False)
        self._never_waits = replay is None and all(verifier.names_key for verifier in verifiers)
        self._blocking = self._accepting(api, verifiers, keys, blocks=True) if self._never_waits else self._guarded
        self._fresh_ns = keys_fresh_ms * 1_000_000
        self._fresh_until_ns = time.monotonic_ns() + self._fresh_ns
        self._max_body = max_body
        self._locator = Locator(Trust([ip_network(one) for one in trusted_addresses]), client_address_header)
        attempts = Attempts(
            OwnThrottle(
                RateLimit(300, _MINUTE_MS), RateLimit(30, _MINUTE_MS), under_attack=RateLimit(1_000, _MINUTE_MS)
            )
        )
        self._now_ms = now_ms
        self._elsewhere = LoopThread()
        replay = replay or OwnMemory(now_ms(), _Unwritten())
        self._door = Door(replay, attempts, OwnLimits(), LoggedDecisions(), now_ms)

    def _accepting(self, name: str, verifiers: Sequence[Verifier], keys: Keys, *, blocks: bool) -> GuardedApi:
        api = Api(name, "*", "/", tuple(SchemeChoice(scheme.name) for scheme in self.schemes))
        supplied = tuple(SuppliedKeys(api, verifier, keys, self._cache, blocks=blocks) for verifier in verifiers)
        return GuardedApi(api, supplied, self.schemes[0].responses)

    async def admit(self, request: Request, peer: Any, read_body: ReadBody) -> tuple[Principal, bytes | None]:
        """Return who signed, and the body where it was read. Raises Answered, with the refusal.

        ``request`` has its body only where there is none to come. ``peer`` is the connection's other end, as in an
        ASGI scope: its address first, or None.
        """
        return await self._admit(self._guarded, request, peer, read_body, _here)

    def admit_blocking(
        self, request: Request, peer: Any, read_body: Callable[[int], bytes]
    ) -> tuple[Principal, bytes | None]:
        """Do what ``admit`` does where there is no event loop, in any thread, which blocks meanwhile.

        Only a replay guard that others share, and keys of which all have to be tried, are asked in a thread of the
        guard's own; all else is done in the caller's.
        """

        async def read(limit: int) -> bytes:
            return read_body(limit)

        ask = _here if self._never_waits else self._elsewhere.ask
        outcome = begin(self._admit(self._blocking, request, peer, read, ask))
        assert isinstance(outcome, tuple)  # noqa: S101  # none of these waits in this thread
        return outcome

    async def _admit(
        self, guarded: GuardedApi, request: Request, peer: Any, read_body: ReadBody, ask: Ask
    ) -> tuple[Principal, bytes | None]:
        if time.monotonic_ns() > self._fresh_until_ns:
            self._cache.clear()
            self._fresh_until_ns = time.monotonic_ns() + self._fresh_ns
        request_id = new_request_id()
        address = self._locator.at_gateway({"client": peer}, request)
        if request.body is None and guarded.may_need_body and guarded.reads_body(request):
            request = with_body(request, await read_body(self._max_body))
        principal, under_check = await ask(self._door.admit(guarded, request, request_id, address))
        body = request.body
        if under_check is not None:
            body = await read_body(self._max_body)
            await ask(_compare(under_check, body))
        assert principal is not None  # noqa: S101  # this API enforces
        return principal, body

    def require(self, principal: Principal | None, scopes: Collection[str]) -> None:
        """Raise Answered, with a refusal, unless somebody signed, with a key that has every one of ``scopes``."""
        if principal is not None and set(scopes) <= set(principal.scopes):
            return
        refusal: VerificationError = MissingCredentialsError("nobody has verified this request")
        if principal is not None:
            refusal = PermissionDeniedError(f"access key {principal.access_key_id} lacks one of {', '.join(scopes)}")
        answer = refusal_answer(refusal, self._guarded.responses, new_request_id(), self._now_ms())
        raise Answered(answer, refusal.public_reason)


def _check_memory_suffices(schemes: Iterable[Scheme], replay_by: ReplayBy | None) -> None:
    """Raise ConfigurationError for nonces that count up: their last must outlive the process."""
    for scheme in schemes:
        if scheme.nonce is not None and scheme.nonce.grows and replay_by in (None, ReplayBy.NONCE):
            hint = "give a replay guard with a ledger, or guard by signature"
            raise ConfigurationError(f"scheme {scheme.name}", "its nonces count up, over restarts too", hint)


def with_body(request: Request, body: bytes) -> Request:
    """Return a request with its body."""
    return Request(
        request.method,
        request.target,
        request.headers,
        scheme=request.scheme,
        body=body,
        fields=request.header_fields,
    )


def refuse(status: int, code: str, title: str) -> Answered:
    """Return what to raise for a request that cannot be verified here."""
    answer: Answer = problem(status, code, title, new_request_id())
    return Answered(answer, code)


def too_large(limit: int) -> Answered:
    """Return what to raise for a body that is too large to be verified."""
    return refuse(413, "body_too_large", f"a body that is signed may have at most {limit} bytes")


async def _here(work: Coroutine[Any, Any, T]) -> T:
    return await work


async def _compare(under_check: BodyUnderCheck, body: bytes) -> None:
    async for _ in under_check.through(_whole(body)):
        pass


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


class OwnMemory(MemoryReplayGuard):
    """The replay guard of one process, whose threads may ask it at once."""

    def __init__(self, born_ms: int, ledger: _Unwritten) -> None:
        super().__init__(born_ms, ledger)
        self._lock = Lock()

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim once, whichever threads make it."""
        with self._lock:
            made = super().claim(claim, now_ms)
        if claim.number is None and isinstance(made, Coroutine):  # what would write it down
            made.close()
            return ClaimResult.MADE
        return made


class _Unwritten:
    """A ledger that keeps nothing: what is stamped ahead of this clock can be accepted again after a restart."""

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        """Keep nothing."""

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        """Return nothing."""
        return ()

    def advance(self, counter: bytes, number: int) -> bool:
        """Refuse: schemes whose nonces count up are not accepted with this ledger."""
        return False
