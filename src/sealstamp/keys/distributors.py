"""Distributors: what a consumer may give to its own customers, by the key that it signs with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.addresses import is_network_within
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.in_force import HeldKey, in_force
from sealstamp.keys.limits import is_within, parse_rate_limit
from sealstamp.keys.sub_keys import RESERVED, may_distribute


@dataclass(frozen=True, slots=True)
class Distributor:
    """A consumer that signs with a key that may distribute.

    ``key``, and ``line``, the consumer and those above it, itself first, are as their plans have them. ``plans`` are
    those that it may put its customers on; where there are any, every customer is on one of them.
    """

    key: AccessKey
    line: Sequence[Consumer]
    plans: tuple[str, ...] = ()

    @property
    def consumer(self) -> Consumer:
        """The distributor itself."""
        return self.line[0]

    @property
    def name(self) -> str:
        """The distributor's name."""
        return self.consumer.name


def distributor_of(held: HeldKey | None, now_ms: int) -> Distributor | None:
    """Return who may distribute with a key at ``now_ms`` (Unix milliseconds); None where nobody may.

    Raises StoreUnavailableError for a plan that is not there.
    """
    if held is None:
        return None
    key, line = in_force(held)
    if not may_distribute(key) or not key.is_usable(now_ms) or not line or not all(one.is_active for one in line):
        return None
    plan = held.plans.get(held.line[0].plan or "")
    return Distributor(key, line, () if plan is None else plan.sub_plans)


def check_within(properties: Mapping[str, Any], distributor: Distributor) -> None:
    """Raise ConfigurationError, which names the property, for one that is beyond the distributor's own key.

    ``properties`` are a key's, checked. What is None or empty is not looked at: then the distributor's own counts.
    """
    key = distributor.key
    _check_among("apis", properties.get("apis", ()), key.apis)
    _check_among("scopes", properties.get("scopes", ()), [one for one in key.scopes if not one.startswith(RESERVED)])
    for network in properties.get("networks", ()):
        if not is_network_within(network, key.networks):
            raise _beyond("networks", network)
    rate = properties.get("rate_limit")
    if (
        rate
        and key.rate_limit
        and not is_within(*(parse_rate_limit("rate_limit", one) for one in (rate, key.rate_limit)))
    ):
        raise _beyond("rate_limit", rate)
    for name in _AMOUNTS:
        given, own = properties.get(name), getattr(key, name)
        if given is not None and own is not None and given > own:
            raise _beyond(name, "that time" if name == "expires_at_ms" else given)
    if properties.get("plan") is not None:
        check_on_plan(properties["plan"], distributor)


def check_on_plan(plan: str | None, distributor: Distributor) -> None:
    """Raise ConfigurationError for a plan that the distributor may not give, or for none where there must be one."""
    if plan is None and not distributor.plans:
        return
    if plan is None:
        raise ConfigurationError("plan", "there is none", f"every customer is on one: {', '.join(distributor.plans)}")
    _check_among("plan", [plan], distributor.plans)


def check_shared_quota(amount: int | None, distributor: Distributor) -> None:
    """Raise ConfigurationError for a customer's monthly quota above the distributor's own."""
    own = distributor.consumer.quota_month
    if amount is not None and own is not None and amount > own:
        raise _beyond("quota_month", amount)


_AMOUNTS: Final = ("quota_day", "quota_month", "expires_at_ms")


def _check_among(place: str, given: Iterable[str], own: Iterable[str]) -> None:
    own = tuple(own)
    for one in given:
        if one not in own:
            known = ", ".join(own) or "nothing"
            raise ConfigurationError(place, f"{one!r} is not yours to give", f"you may give: {known}")


def _beyond(place: str, given: object) -> ConfigurationError:
    return ConfigurationError(place, f"{given} is more than your own key has", "give less, or leave it out")
