"""Which peers are believed: proxies and probes at configured addresses, loopback unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any


class Trust:
    """Tells whether a connection comes from a trusted network."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = tuple(networks)
        self._is_trusted = lru_cache(maxsize=4096)(self._look)

    def covers(self, scope: Any) -> bool:
        """Tell whether an ASGI scope's peer is trusted; one that is not known is not."""
        return self.trusts(scope.get("client"))

    def trusts(self, peer: Any) -> bool:
        """Tell whether a socket's peer is trusted, which is a tuple with its address; one without an address is not."""
        return bool(peer) and self._is_trusted(peer[0])

    def covers_address(self, text: str) -> bool:
        """Tell whether an address is trusted."""
        return self._is_trusted(text)

    def _look(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped.version == network.version and mapped in network for network in self._networks)
