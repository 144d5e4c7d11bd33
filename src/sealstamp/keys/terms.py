"""On what terms a key may be used: from where, and how much."""

from __future__ import annotations

from sealstamp.core.record import Record
from sealstamp.errors import AddressNotAllowedError
from sealstamp.keys.addresses import ClientAddress, Networks
from sealstamp.keys.domain import AccessKey


class Terms(Record):
    """What is asked of who signed rightly with a key, in the form in which a door asks it."""

    networks: Networks | None = None

    def check_address(self, address: ClientAddress | None) -> None:
        """Raise AddressNotAllowedError unless the key may be used from there; from nobody knows where, it may not."""
        if self.networks is None:
            return
        if address is None:
            raise AddressNotAllowedError(
                "the access key may be used from some networks only, and nobody told the address"
            )
        if not self.networks.cover(address):
            raise AddressNotAllowedError(f"the access key may not be used from {address.text}")


def terms_of(key: AccessKey) -> Terms | None:
    """Return the key's terms, None where there are none. Raises ValueError for networks that cannot be read."""
    return Terms(networks=Networks(key.networks)) if key.networks else None
