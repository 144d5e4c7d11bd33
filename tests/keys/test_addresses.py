"""Addresses and networks: IPv4, IPv6, and the one written as the other."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.errors import ConfigurationError
from sealstamp.keys.addresses import Networks, check_network, client_address


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.0/24", ["203.0.113.0", "203.0.113.255", "::ffff:203.0.113.7"], ["203.0.114.0", "::cb00:7107"]),
        ("203.0.113.7", ["203.0.113.7"], ["203.0.113.8"]),
        ("2001:db8::/32", ["2001:db8::1", "2001:DB8:ffff::"], ["2001:db9::", "32.1.13.184"]),
        ("::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0"]),
        ("0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1"]),
        ("::/0", ["::1"], ["127.0.0.1", "::ffff:127.0.0.1"]),
        ("fe80::/10", ["fe80::1%eth0"], ["::1"]),
    ],
)
def test_what_a_network_covers(network: str, inside: list[str], outside: list[str]) -> None:
    networks = Networks([network])
    for text in inside + outside:
        address = client_address(text)
        assert address is not None
        assert networks.cover(address) == (text in inside), text


def test_an_empty_list_covers_nothing() -> None:
    address = client_address("127.0.0.1")
    assert address is not None
    assert not Networks([]).cover(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:80", "1.2.3", "01.2.3.4", "[::1]", "1.2.3.4/8", "\udc80"])
def test_what_is_no_address(text: str) -> None:
    assert client_address(text) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [("10.0.0.0/8", "10.0.0.0/8"), ("10.0.0.1", "10.0.0.1/32"), ("2001:DB8:0::/48", "2001:db8::/48")],
)
def test_a_network_is_kept_as_it_is_usually_written(text: str, written: str) -> None:
    assert check_network("key", text) == written


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "everywhere", "10.0.0.0/255.0.0.0/1"])
def test_what_is_no_network_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a network") as caught:
        check_network("key", text)
    assert "203.0.113.0/24" in caught.value.hint


def test_failures_are_counted_for_a_site() -> None:
    """A client of IPv6 has a /64 to itself, and must not count as many clients."""
    texts = ("2001:db8::1", "2001:db8::ffff:1", "203.0.113.7", "::ffff:203.0.113.7")
    sources = [address.source for text in texts if (address := client_address(text))]
    assert sources == ["2001:db8::/64", "2001:db8::/64", "203.0.113.7", "203.0.113.7"]


addresses = st.ip_addresses(v=4) | st.ip_addresses(v=6).filter(lambda each: each.ipv4_mapped is None)


@given(addresses, addresses, st.integers(0, 128))
def test_covers_what_the_standard_library_says(address: IPv4Address | IPv6Address, base: object, length: int) -> None:
    network = ip_network(f"{base}/{min(length, ip_address(str(base)).max_prefixlen)}", strict=False)
    read = client_address(str(address))
    assert read is not None
    expected = address.version == network.version and address in network
    assert Networks([str(network)]).cover(read) == expected
