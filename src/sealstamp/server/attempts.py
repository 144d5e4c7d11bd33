"""Attempts to guess: the door's side of slowing down addresses that fail again and again."""

from __future__ import annotations

from contextlib import suppress

from sealstamp.core.compiler import Presented
from sealstamp.core.request import Request
from sealstamp.core.verifier import BoundKey
from sealstamp.errors import InvalidCredentialsError, TooManyFailuresError, VerificationError
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.snapshot import AcceptedScheme
from sealstamp.keys.throttling import FailureThrottle


class Attempts:
    """What the door asks a FailureThrottle. An address that nobody knows, or that is a proxy's own, is never slowed."""

    def __init__(self, throttle: FailureThrottle) -> None:
        self._throttle = throttle
        self.is_failing = throttle.is_failing
        """Tell whether a source failed lately; only then is there anything to ask. Cheap."""

    def wait_ms(
        self, accepted: AcceptedScheme, request: Request, presented: Presented, address: ClientAddress, now_ms: int
    ) -> int:
        """Return how long its sender has to wait if this request fails, in milliseconds; 0 is not at all.

        Raises TooManyFailuresError at once where the key is not known to be used from there. That takes the time of a
        wrong signature, so that nobody can tell for which keys an address is known.
        """
        source, name = address.source, _name_of(accepted, presented)
        if source is None or not (wait_ms := self._throttle.wait_ms(source, name, now_ms)):
            return 0
        if self._throttle.knows(source, name, now_ms):
            return wait_ms
        with suppress(InvalidCredentialsError):
            if accepted.verifier.names_key:
                accepted.verifier.check(request, presented, None, now_ms)
            else:
                accepted.verifier.check_candidates(request, presented, (), now_ms)
        raise TooManyFailuresError(wait_ms, f"too many wrong signatures from {source}")

    def failed(
        self,
        refusal: InvalidCredentialsError,
        accepted: AcceptedScheme,
        presented: Presented,
        address: ClientAddress | None,
        now_ms: int,
        wait_ms: int,
    ) -> VerificationError:
        """Count a failure, and return what its sender is told."""
        if wait_ms:
            return TooManyFailuresError(wait_ms, str(refusal))
        if address is not None and address.source is not None:
            self._throttle.failed(address.source, _name_of(accepted, presented), now_ms)
        return refusal

    def succeeded(self, accepted: AcceptedScheme, key: BoundKey, address: ClientAddress, now_ms: int) -> None:
        """Remember where a key was used rightly."""
        if address.source is not None:
            name = key.principal.encoded[0] if accepted.verifier.names_key else accepted.api.name.encode()
            self._throttle.succeeded(address.source, name, now_ms)


def _name_of(accepted: AcceptedScheme, presented: Presented) -> bytes:
    """Return whose failures are counted together: an access key's, or, where none is named, the API's."""
    return presented[0] or accepted.api.name.encode()
