"""SM3, as GB/T 32905 prints it, and what is said where the system does not have it."""

from __future__ import annotations

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from sealstamp.core import filters
from sealstamp.errors import ConfigurationError

STANDARD = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


@pytest.mark.parametrize(("text", "digest"), STANDARD.items())
def test_the_standard_s_two_examples(text: bytes, digest: str) -> None:
    assert filters.sm3(text).hex() == digest


def test_where_the_system_refuses_it_configuration_is_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> None:
        raise UnsupportedAlgorithm("refused")

    monkeypatch.setattr(hashes, "Hash", refuse)
    monkeypatch.setattr(filters, "HMAC", refuse)
    with pytest.raises(ConfigurationError, match="sm3: this system's OpenSSL refuses it"):
        filters.sm3(b"text")
    with pytest.raises(ConfigurationError, match="hmac:sm3: this system's OpenSSL refuses it"):
        filters.new_mac("sm3", b"secret")
