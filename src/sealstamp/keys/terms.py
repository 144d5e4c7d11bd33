"""On what terms a key may be used: from where, and how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sealstamp.core.record import Record
from sealstamp.errors import AddressNotAllowedError
from sealstamp.keys.addresses import ClientAddress, Networks
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.limits import RateLimit, parse_rate_limit
from sealstamp.keys.quotas import Period, Quota


class Terms(Record):
    """What is asked of who signed rightly with a key, in the form in which a door asks it.

    ``name`` is what its rate is counted by. ``quotas`` are the key's own, and those that its consumer and the ones
    above share among their keys.
    """

    name: str
    networks: Networks | None = None
    rate: RateLimit | None = None
    quotas: tuple[Quota, ...] = ()

    def check_address(self, address: ClientAddress | None) -> None:
        """Raise AddressNotAllowedError unless the key may be used from there; from nobody knows where, it may not."""
        if self.networks is None:
            return
        if address is None:
            raise AddressNotAllowedError("the access key is for some networks only, and nobody told the address")
        if not self.networks.cover(address):
            raise AddressNotAllowedError(f"the access key may not be used from {address.text}")


def terms_of(key: AccessKey, line: Sequence[Consumer]) -> Terms | None:
    """Return the terms of a key, whose consumer is first in ``line`` before those above; None where there are none.

    Raises ValueError or ConfigurationError for what cannot be read.
    """
    networks = Networks(key.networks) if key.networks else None
    rate = parse_rate_limit(f"access key {key.id}", key.rate_limit) if key.rate_limit else None
    quotas = tuple(_quotas_of(key, line))
    return Terms(key.id, networks, rate, quotas) if networks or rate or quotas else None


def _quotas_of(key: AccessKey, line: Sequence[Consumer]) -> Iterable[Quota]:
    if key.quota_day is not None:
        yield Quota(f"key:{key.id}", Period.DAY, key.quota_day)
    if key.quota_month is not None:
        yield Quota(f"key:{key.id}", Period.MONTH, key.quota_month)
    for consumer in line:
        if consumer.quota_month is not None:
            yield Quota(f"consumer:{consumer.name}", Period.MONTH, consumer.quota_month)
