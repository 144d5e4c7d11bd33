"""Deciding about a request inside an application: the service's own door, with keys that the application gives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_network
from typing import Any, Final

from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import ConfigurationError
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.deciding import Admitted, Desk, ReadBody, ask_here, decide, decide_blocking
from sealstamp.guarding.keys import Keys, SuppliedKeys
from sealstamp.guarding.memory import OwnMemory
from sealstamp.guarding.records import LoggedDecisions, OwnLimits, OwnThrottle
from sealstamp.guarding.threads import LoopThread
from sealstamp.keys.domain import Api, SchemeChoice
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.limits import RateLimit
from sealstamp.keys.ports import ReplayGuard
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.schemes import get_scheme
from sealstamp.server.attempts import Attempts
from sealstamp.server.clock import now_ms as wall_clock_ms
from sealstamp.server.door import Door
from sealstamp.server.locating import Locator
from sealstamp.server.trust import Trust

MAX_CACHED_KEYS: Final = 100_000
_MINUTE_MS: Final = 60_000
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class Guard(BaseGuard):
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
        super().__init__(tuple(accepted), accepted[0].responses, now_ms)
        if replay is None:
            _check_memory_suffices(accepted, replay_by)
        self._cache = KeyCache(MAX_CACHED_KEYS)
        self._fresh_ns = keys_fresh_ms * 1_000_000
        self._fresh_until_ns = time.monotonic_ns() + self._fresh_ns
        locator = Locator(Trust([ip_network(one) for one in trusted_addresses]), client_address_header)
        door = Door(replay or OwnMemory(now_ms()), _attempts(), OwnLimits(), LoggedDecisions(), now_ms)
        verifiers = [Verifier(one, replay_by=replay_by, scope=api, body_later=True) for one in accepted]
        guarded = self._accepting(api, verifiers, keys, blocks=False)
        self._desk = Desk(guarded, door, locator, ask_here, max_body)
        if replay is None and all(verifier.names_key for verifier in verifiers):  # then nothing waits
            self._blocking_desk = self._desk._replace(guarded=self._accepting(api, verifiers, keys, blocks=True))
        else:
            self._blocking_desk = self._desk._replace(ask=LoopThread().ask)

    def _accepting(self, name: str, verifiers: Sequence[Verifier], keys: Keys, *, blocks: bool) -> GuardedApi:
        api = Api(name, "*", "/", tuple(SchemeChoice(scheme.name) for scheme in self.schemes))
        supplied = tuple(SuppliedKeys(api, verifier, keys, self._cache, blocks=blocks) for verifier in verifiers)
        return GuardedApi(api, supplied, self.schemes[0].responses)

    async def admit(self, request: Request, peer: Any, read_body: ReadBody) -> Admitted:
        """Return who signed, and the body where it was read. Raises Answered, with the refusal.

        ``request`` has its body only where there is none to come. ``peer`` is the connection's other end, as in an
        ASGI scope: its address first, or None.
        """
        self._forget_old_keys()
        return await decide(self._desk, request, peer, read_body)

    def admit_blocking(self, request: Request, peer: Any, read_body: Callable[[int], bytes]) -> Admitted:
        """Do what ``admit`` does where there is no event loop, in any thread, which blocks meanwhile.

        What a replay guard that others share has to wait for, or the look-up of keys of which all are tried, is done in
        a thread of the guard's own; all else in the caller's.
        """
        self._forget_old_keys()
        return decide_blocking(self._blocking_desk, request, peer, read_body)

    def _forget_old_keys(self) -> None:
        if time.monotonic_ns() > self._fresh_until_ns:
            self._cache.clear()
            self._fresh_until_ns = time.monotonic_ns() + self._fresh_ns


def _attempts() -> Attempts:
    from_address, for_key, under_attack = (RateLimit(amount, _MINUTE_MS) for amount in (300, 30, 1_000))
    return Attempts(OwnThrottle(from_address, for_key, under_attack=under_attack))


def _check_memory_suffices(schemes: Iterable[Scheme], replay_by: ReplayBy | None) -> None:
    """Raise ConfigurationError for nonces that count up: their last must outlive the process."""
    for scheme in schemes:
        if scheme.nonce is not None and scheme.nonce.grows and replay_by in (None, ReplayBy.NONCE):
            hint = "give a replay guard with a ledger, or guard by signature"
            raise ConfigurationError(f"scheme {scheme.name}", "its nonces count up, over restarts too", hint)
