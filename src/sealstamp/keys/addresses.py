"""Where a request comes from, and the networks that a key may be used from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from sealstamp.errors import ConfigurationError

_ONE_SITE = 64
"""The prefix length that a site of IPv6 has for itself: all addresses below it are one client's (RFC 6177)."""
_MAPPED = ip_network("::ffff:0:0/96")


class ClientAddress(NamedTuple):
    """An address that a request came from. An IPv4 address that is written as an IPv6 one is an IPv4 address.

    ``source`` is whom failures are counted for: the address, of IPv6 its /64, for a client has all of that; None where
    they are not.
    """

    text: str
    version: int
    number: int
    source: str | None


@lru_cache(maxsize=4096)
def client_address(text: str) -> ClientAddress | None:
    """Read an address; None for what is none."""
    try:
        read = ip_address(text)
    except ValueError:
        return None
    address = getattr(read, "ipv4_mapped", None) or read
    number, source = int(address), str(address)
    if address.version == 6:
        source = str(IPv6Network((number >> _ONE_SITE << _ONE_SITE, _ONE_SITE)))
    return ClientAddress(str(address), address.version, number, source)


def check_network(place: str, text: str) -> str:
    """Check a network such as ``203.0.113.0/24``, or a single address; return it as it is usually written.

    Raises ConfigurationError.
    """
    try:
        return str(_network(text))
    except ValueError as error:
        hint = "write an IPv4 or IPv6 network such as 203.0.113.0/24 or 2001:db8::/32, or a single address"
        raise ConfigurationError(place, f"{text!r} is not a network: {error}", hint) from None


def _network(text: str) -> IPv4Network | IPv6Network:
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):  # type: ignore[arg-type]
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - _MAPPED.prefixlen))
    return network


class _Range(NamedTuple):
    version: int
    low: int
    high: int
    text: str

    def holds(self, other: _Range) -> bool:
        return self.version == other.version and self.low <= other.low and other.high <= self.high


def _ranges(texts: Iterable[str]) -> list[_Range]:
    networks = [_network(text) for text in texts]
    return [_Range(one.version, int(one[0]), int(one[-1]), str(one)) for one in networks]


def is_network_within(text: str, others: Iterable[str]) -> bool:
    """Tell whether a network is inside one of ``others``; none of them means any. Raises ValueError for no network."""
    ranges = _ranges(others)
    return not ranges or any(other.holds(one) for one in _ranges([text]) for other in ranges)


def shared_networks(some: Sequence[str], others: Sequence[str]) -> tuple[str, ...] | None:
    """Return the networks that are in both lists, of which an empty one means any; None where nothing is in both.

    Of two networks, one is inside the other, or they share nothing. Raises ValueError for what is no network.
    """
    if not some or not others:
        return tuple(some or others)
    first, second = _ranges(some), _ranges(others)
    found = [one.text for one in first if any(other.holds(one) for other in second)]
    found += [other.text for other in second if any(one.holds(other) for one in first)]
    return tuple(dict.fromkeys(found)) or None


class Networks:
    """The networks that a key may be used from. ``texts`` are in CIDR notation; raises ValueError for others."""

    def __init__(self, texts: Iterable[str]) -> None:
        networks = [_network(text) for text in texts]
        self._ranges = tuple((one.version, int(one.network_address), int(one.broadcast_address)) for one in networks)

    def cover(self, address: ClientAddress) -> bool:
        """Tell whether the address is in one of the networks."""
        _, version, number, _ = address
        return any(kind == version and low <= number <= high for kind, low, high in self._ranges)
