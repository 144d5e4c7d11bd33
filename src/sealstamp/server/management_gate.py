"""Which requests are for the management API. It is imported when the first of them comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sealstamp.keys.routing import host_of
from sealstamp.server.asgi import Application, Receive, Scope, Send
from sealstamp.server.trust import Trust

PREFIX: Final = b"/v1/"


class ManagementGate:
    """Takes requests for paths below ``/v1/`` that name one of ``hosts`` and come from an address in ``addresses``.

    Everything else is left to the guarded APIs, which may have such paths too. Without hosts it takes nothing.
    """

    def __init__(self, hosts: Iterable[str], addresses: Trust, build: Callable[[], Application]) -> None:
        self._hosts = frozenset(host.encode() for host in hosts)
        self._addresses = addresses
        self._build = build
        self._application: Application | None = None

    def takes(self, scope: Scope) -> bool:
        """Tell whether a request, whose path is below ``PREFIX``, is for the management API."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and host_of(hosts[0]) in self._hosts and self._addresses.covers(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer such a request."""
        if self._application is None:
            self._application = self._build()
        await self._application(scope, receive, send)
