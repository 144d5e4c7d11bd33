"""The ASGI application: which of the service's parts a request is for.

``/decide`` and what is below it are for trusted addresses, which ask about requests to any host. ``/healthz``,
``/readyz`` and, for trusted addresses, ``/metrics`` belong to Sealstamp, except on a host that an API claims by name:
there they are the API's. ``/v1/`` is the management API where the settings give it a host name.
"""

from __future__ import annotations

from contextlib import suppress

from sealstamp.errors import StoreUnavailableError
from sealstamp.server.answers import Answer
from sealstamp.server.asgi import Life, Receive, Scope, Send, send_answer, target_of
from sealstamp.server.controls import Controls
from sealstamp.server.decisions import Decisions
from sealstamp.server.dialects import DECIDE
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.gateway import Gateway
from sealstamp.server.guarding import guard
from sealstamp.server.lingering import lingering
from sealstamp.server.listener.reading import Asked
from sealstamp.server.locating import Locator
from sealstamp.server.management_gate import PREFIX, ManagementGate
from sealstamp.server.reception import Reception
from sealstamp.server.trust import Trust


class Service:
    """One worker's application, with everything it needs already open. ``live`` is run for its lifespan."""

    def __init__(
        self,
        directory: Directory,
        door: Door,
        gateway: Gateway,
        controls: Controls,
        decisions: Decisions,
        trust: Trust,
        locator: Locator,
        management: ManagementGate,
        *,
        max_body: int,
        live: Life,
    ) -> None:
        self._directory = directory
        self._gateway = gateway
        self._controls = controls.answers
        self._trust = trust
        self._management = management
        self._max_body = max_body
        self._live = live
        self._at_gateway = Reception(directory, door, locator)
        self._decisions = decisions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever bytes came, the answer is an HTTP answer."""
        path = scope.get("raw_path")
        if path is not None and path.startswith(DECIDE) and (decided := await self._decide(scope)):
            await send_answer(send, decided)
        elif path in self._controls and not self._is_claimed(scope):
            await send_answer(send, self._controls[path](scope))
        elif path is not None and path.startswith(PREFIX) and self._management.takes(scope):
            await self._management(scope, *lingering(scope, receive, send))
        elif scope["type"] == "http":
            coming, going = lingering(scope, receive, send)
            await guard(self._at_gateway, self._gateway, self._max_body, scope, coming, going)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _decide(self, scope: Scope) -> Answer | None:
        """Answer a trusted proxy's question; None for what is no such question."""
        if scope["type"] != "http" or not self._trust.covers(scope):
            return None
        answer = self._decisions.answer(Asked(scope["method"].encode(), target_of(scope), scope["headers"]))
        return answer if answer is None or isinstance(answer, Answer) else await answer

    def _is_claimed(self, scope: Scope) -> bool:
        """Tell whether an API claims this request's host by name, so that the path is its own."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        with suppress(StoreUnavailableError):
            return self._directory.current().routes.names_host(host)
        return False
