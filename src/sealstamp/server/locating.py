"""Where a request comes from: the peer, or what a trusted proxy says of its own peer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sealstamp.core.request import Request
from sealstamp.keys.addresses import ClientAddress, client_address
from sealstamp.server.trust import Trust


class Locator:
    """Finds the address that a request comes from; None where nobody can tell.

    ``header`` is where trusted proxies tell it, as a list with each proxy's own peer at the end, such as
    ``X-Forwarded-For``, or one address, such as ``X-Real-IP``. Empty, they tell it nowhere. A trusted address has no
    ``source``: failures of a proxy are those of all its clients.
    """

    def __init__(self, trust: Trust, header: str) -> None:
        self._header = header.lower().encode()
        self._trust = trust
        self._of_peer = lru_cache(maxsize=4096)(self._look)

    def at_gateway(self, scope: Any, request: Request) -> ClientAddress | None:
        """Return the address of a request that came here by itself: the peer's, unless that is a proxy that tells."""
        peer = scope.get("client")
        address, is_trusted = self._of_peer(peer[0]) if peer else (None, False)
        return self.told(request) if is_trusted and self._header else address

    def told(self, request: Request) -> ClientAddress | None:
        """Return the address that a trusted proxy tells: the last one that is no proxy's own."""
        fields, doubled = request.header_fields
        if self._header not in fields or not self._header:
            return None
        lines = [value for name, value in request.headers if name.lower() == self._header] if doubled else None
        told = b",".join(lines) if lines else fields[self._header]
        address = None
        for text in _from_the_right(told.decode("latin-1")):
            address, is_trusted = self._of_peer(text)
            if not is_trusted:
                break
        return address

    def _look(self, text: str) -> tuple[ClientAddress | None, bool]:
        """Return the address, and whether it is a trusted one."""
        address = client_address(text)
        if address is None:
            return None, False
        is_trusted = self._trust.covers_address(address.text)
        return (address._replace(source=None) if is_trusted else address), is_trusted


def _from_the_right(told: str) -> Iterator[str]:
    for entry in reversed(told.split(",")):
        text = entry.strip()
        if text.startswith("["):  # [2001:db8::1]:443
            yield text[1:].partition("]")[0]
        else:
            yield text.partition(":")[0] if text.count(":") == 1 else text
