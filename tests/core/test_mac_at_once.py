"""A MAC whose key is used once is the MAC that a kept state gives."""

import pytest

from sealstamp.core.filters import HASHES, mac_at_once, new_mac


@pytest.mark.parametrize("hash_name", sorted(HASHES))
@pytest.mark.parametrize("key", [b"", b"k", b"k" * 200])
def test_both_ways_agree(hash_name: str, key: bytes) -> None:
    state = new_mac(hash_name, key)
    state.update(b"text")
    assert mac_at_once(hash_name, key, b"text") == state.finalize()
