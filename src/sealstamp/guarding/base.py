"""What the drivers of frameworks ask of a guard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from sealstamp.core.request import Request
from sealstamp.core.scheme import ResponseProfile, Scheme
from sealstamp.core.verifier import Principal
from sealstamp.errors import MissingCredentialsError, PermissionDeniedError, VerificationError
from sealstamp.guarding.deciding import Admitted, ReadBody
from sealstamp.server.answers import Answered, new_request_id, refusal_answer


class BaseGuard(ABC):
    """Decides about the requests to one application, which are signed as one of ``schemes`` says."""

    def __init__(
        self, schemes: tuple[Scheme, ...], responses: ResponseProfile | None, now_ms: Callable[[], int]
    ) -> None:
        self.schemes = schemes
        self._responses = responses
        self._now_ms = now_ms

    @abstractmethod
    async def admit(self, request: Request, peer: Any, read_body: ReadBody) -> Admitted:
        """Return who signed, and the body where it was read. Raises Answered, with the refusal.

        ``request`` has its body only where there is none to come. ``peer`` is the connection's other end, as in an
        ASGI scope: its address first, or None.
        """

    @abstractmethod
    def admit_blocking(self, request: Request, peer: Any, read_body: Callable[[int], bytes]) -> Admitted:
        """Do what ``admit`` does where there is no event loop, in any thread, which blocks meanwhile."""

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Run what has to run beside the application's requests, in its event loop, for as long as the block runs."""
        yield

    def require(self, principal: Principal | None, scopes: Collection[str]) -> Principal:
        """Return who signed. Raises Answered unless somebody did, with a key that has every one of ``scopes``."""
        if principal is not None and set(scopes) <= set(principal.scopes):
            return principal
        refusal: VerificationError = MissingCredentialsError("nobody has verified this request")
        if principal is not None:
            refusal = PermissionDeniedError(f"access key {principal.access_key_id} lacks one of {', '.join(scopes)}")
        answer = refusal_answer(refusal, self._responses, new_request_id(), self._now_ms())
        raise Answered(answer, refusal.public_reason)
