"""Slowing down whoever fails again and again, without locking out the rightful owner of a key.

Failures are counted for an address, for an access key at an address, and for an access key over all addresses. Only who
failed is slowed: an address without a recent failure is never refused here, however many fail with the same key
elsewhere. When very many do, an address that fails with it once has to wait, in place of one that failed often.

An owner may share an address with an attacker. So where a key was used rightly from an address before, a right
signature still passes; a wrong one is told to wait, as from everybody else there.

Names and addresses are a stranger's choice, so memory is bounded: with too many, the oldest are forgotten.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from sealstamp.keys.limits import RateLimit, SlidingWindows

MAX_REMEMBERED: Final = 65_536
"""Addresses, and pairs of address and access key: some 60 MB when all ids are as long as may be."""
KNOWN_FOR_MS: Final = 86_400_000
"""How long an address is known for a key that was used rightly from there."""


class FailureThrottle:
    """Counts failures, and tells who has to wait. Times are Unix milliseconds.

    ``from_address`` limits the failures of an address, ``for_key`` those of an address with one access key.
    ``under_attack`` is how many failures of one access key, from everywhere, leave each address one in a period.
    A source is a client's address, or what of it is one client's own.
    """

    def __init__(
        self, from_address: RateLimit, for_key: RateLimit, under_attack: RateLimit, most: int = MAX_REMEMBERED
    ) -> None:
        self._from_address = from_address
        self._for_key = for_key
        self._under_attack = under_attack
        self._once = RateLimit(1, for_key.per_ms)
        self._most = most
        self._addresses = SlidingWindows(most)
        self._pairs = SlidingWindows(most)
        self._keys = SlidingWindows(most)
        self._failing: dict[str, int] = {}
        self._known: dict[tuple[str, bytes], int] = {}
        self._fades_ms = 2 * max(from_address.per_ms, for_key.per_ms, under_attack.per_ms)

    def is_failing(self, source: str | None) -> bool:
        """Tell whether an address failed lately; about all others there is nothing to ask. Cheap."""
        return source in self._failing

    def failed(self, source: str, access_key_id: bytes, now_ms: int) -> None:
        """Count a wrong signature, or one for a key that does not exist."""
        self._note(self._failing, source, now_ms)
        self._addresses.hit(source, self._from_address, now_ms)
        self._pairs.hit((source, access_key_id), self._for_key, now_ms)
        self._keys.hit(access_key_id, self._under_attack, now_ms)

    def succeeded(self, source: str, access_key_id: bytes, now_ms: int) -> None:
        """Remember that the key was used rightly from there."""
        self._note(self._known, (source, access_key_id), now_ms)

    def knows(self, source: str, access_key_id: bytes, now_ms: int) -> bool:
        """Tell whether the key was used rightly from there, not long ago."""
        return now_ms - self._known.get((source, access_key_id), -KNOWN_FOR_MS) < KNOWN_FOR_MS

    def wait_ms(self, source: str, access_key_id: bytes, now_ms: int) -> int:
        """Return how long this address has to wait before it may try this key; 0 is not at all."""
        if now_ms - self._failing.get(source, now_ms) > self._fades_ms:
            del self._failing[source]
            return 0
        attacked = self._keys.wait_ms(access_key_id, self._under_attack, now_ms)
        allowed = self._once if attacked else self._for_key
        return max(
            self._addresses.wait_ms(source, self._from_address, now_ms),
            self._pairs.wait_ms((source, access_key_id), allowed, now_ms),
        )

    def _note(self, table: dict[Any, int], name: Hashable, now_ms: int) -> None:
        """Put a name last, and the first one out where there are too many."""
        table.pop(name, None)
        table[name] = now_ms
        if len(table) > self._most:
            del table[next(iter(table))]
