"""The replay guard: once, for as long as it could be accepted, and not again after a restart."""

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.replay import AHEAD_MS, MemoryReplayGuard

BORN_MS = 1_800_000_000_000
WINDOW_MS = 30_000


class Ledger:
    """What the store does, in memory."""

    def __init__(self) -> None:
        self.written: dict[bytes, int] = {}
        self.counters: dict[bytes, int] = {}

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        self.written[claim] = expires_at_ms

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        return [(claim, expires) for claim, expires in self.written.items() if expires >= now_ms]

    def advance(self, counter: bytes, number: int) -> bool:
        is_higher = number > self.counters.get(counter, -1)
        self.counters[counter] = max(number, self.counters.get(counter, -1))
        return is_higher


def claim(token: bytes, stamped_ms: int) -> Claim:
    return Claim(token, stamped_ms, stamped_ms + WINDOW_MS)


def settled(answer: ClaimResult | Awaitable[ClaimResult]) -> ClaimResult:
    """Wait for an answer that does not come at once."""

    async def wait() -> ClaimResult:
        return answer if isinstance(answer, ClaimResult) else await answer

    return asyncio.run(wait())


def test_a_claim_is_made_once() -> None:
    """The second of two is refused, another token is not."""
    guard = MemoryReplayGuard(BORN_MS, Ledger())
    now_ms = BORN_MS + 5_000
    assert guard.claim(claim(b"a", now_ms), now_ms) is ClaimResult.MADE
    assert guard.claim(claim(b"a", now_ms), now_ms) is ClaimResult.SEEN
    assert guard.claim(claim(b"b", now_ms), now_ms) is ClaimResult.MADE


def test_a_claim_is_kept_until_its_request_could_not_be_accepted_anyway() -> None:
    """At the window's last millisecond it is still known; later the memory is given back."""
    guard = MemoryReplayGuard(BORN_MS, Ledger())
    stamped_ms = BORN_MS + 5_000
    guard.claim(claim(b"a", stamped_ms), stamped_ms)
    assert guard.claim(claim(b"a", stamped_ms), stamped_ms + WINDOW_MS) is ClaimResult.SEEN
    later_ms = stamped_ms + WINDOW_MS + 2_000
    assert guard.claim(claim(b"a", later_ms), later_ms) is ClaimResult.MADE
    assert len(guard) == 1


def test_a_clock_that_jumps_years_does_not_stall_the_guard() -> None:
    """Forgetting takes as long as there are claims, not seconds that have passed."""
    guard = MemoryReplayGuard(0, Ledger())
    guard.claim(claim(b"a", 10_000), 10_000)
    assert guard.claim(claim(b"b", BORN_MS), BORN_MS) is ClaimResult.MADE
    assert len(guard) == 1


@pytest.mark.parametrize("offset_ms", [-1, 0, AHEAD_MS])
def test_what_is_stamped_before_the_birth_is_refused(offset_ms: int) -> None:
    """Nobody can tell whether it was accepted before the restart."""
    guard = MemoryReplayGuard(BORN_MS, Ledger())
    assert guard.claim(claim(b"a", BORN_MS + offset_ms), BORN_MS + 1_000) is ClaimResult.BEFORE_BIRTH


def test_a_tolerance_moves_the_birthday() -> None:
    """A provider may accept slow clocks, at the price of replays in that time."""
    guard = MemoryReplayGuard(BORN_MS, Ledger(), tolerance_ms=2_000)
    assert guard.claim(claim(b"a", BORN_MS - 1_000), BORN_MS) is ClaimResult.MADE


def test_what_was_stamped_ahead_is_refused_after_a_restart_too() -> None:
    """The birthday cannot tell it from a fresh request, so it is written down, and read back."""
    ledger = Ledger()
    guard, now_ms = MemoryReplayGuard(BORN_MS, ledger), BORN_MS + 5_000
    ahead = claim(b"fast clock", now_ms + 20_000)
    assert settled(guard.claim(ahead, now_ms)) is ClaimResult.MADE
    assert list(ledger.written) == [ahead.token]
    reborn = MemoryReplayGuard(now_ms + 1_000, ledger)
    assert reborn.claim(ahead, now_ms + 2_000) is ClaimResult.SEEN


def test_one_that_is_being_written_down_is_not_made_twice() -> None:
    """It counts from the moment it is made, while its first maker still waits for the disk."""
    guard, now_ms = MemoryReplayGuard(BORN_MS, Ledger()), BORN_MS + 5_000
    ahead = claim(b"fast clock", now_ms + 20_000)
    first = guard.claim(ahead, now_ms)
    assert guard.claim(ahead, now_ms) is ClaimResult.SEEN
    assert settled(first) is ClaimResult.MADE


@pytest.mark.parametrize("stamped_after_ms", [0, AHEAD_MS])
def test_every_other_claim_is_before_the_birth_after_a_restart(stamped_after_ms: int) -> None:
    """What is not ahead enough to be written down is old enough to be refused, however soon the restart."""
    ledger = Ledger()
    guard, now_ms = MemoryReplayGuard(BORN_MS, ledger), BORN_MS + 5_000
    usual = claim(b"a", now_ms + stamped_after_ms)
    assert guard.claim(usual, now_ms) is ClaimResult.MADE
    assert not ledger.written
    reborn = MemoryReplayGuard(now_ms, Ledger())
    assert reborn.claim(usual, now_ms + 1) is ClaimResult.BEFORE_BIRTH


def test_a_full_guard_refuses_rather_than_forgets() -> None:
    """Memory is bounded, and the bound never lets a replay in."""
    guard, now_ms = MemoryReplayGuard(BORN_MS, Ledger(), max_claims=2), BORN_MS + 5_000
    guard.claim(claim(b"a", now_ms), now_ms)
    guard.claim(claim(b"b", now_ms), now_ms)
    with pytest.raises(StoreUnavailableError):
        guard.claim(claim(b"c", now_ms), now_ms)
    assert guard.claim(claim(b"a", now_ms), now_ms) is ClaimResult.SEEN


def test_numbers_only_count_up_also_over_a_restart() -> None:
    """Each is written down before it is accepted; a new guard asks the ledger, and so does one of another process."""

    def number(value: int, key: bytes = b"k") -> Claim:
        return Claim(key, NEVER_MS, NEVER_MS, value)

    def result(guard: MemoryReplayGuard, value: int, key: bytes = b"k") -> ClaimResult:
        return settled(guard.claim(number(value, key), now_ms + 1))

    ledger, now_ms = Ledger(), BORN_MS + 5_000
    guard = MemoryReplayGuard(BORN_MS, ledger)
    seen, made = ClaimResult.SEEN, ClaimResult.MADE
    assert [result(guard, value) for value in (7, 7, 6)] == [made, seen, seen]
    assert result(guard, 1, b"other") is made
    reborn = MemoryReplayGuard(now_ms, ledger)
    assert [result(reborn, value) for value in (7, 8, 8)] == [seen, made, seen]
    assert result(guard, 8) is seen  # another process has counted on
    assert len(reborn) == 0


def test_a_request_without_an_issue_time_is_written_down() -> None:
    """Nobody can tell whether it was accepted before a restart, so the ledger must."""
    ledger, now_ms = Ledger(), BORN_MS + 5_000
    expiring = Claim(b"a", NEVER_MS, now_ms + WINDOW_MS)
    guard = MemoryReplayGuard(BORN_MS, ledger)
    assert settled(guard.claim(expiring, now_ms)) is ClaimResult.MADE
    assert MemoryReplayGuard(now_ms + 1, ledger).claim(expiring, now_ms + 2) is ClaimResult.SEEN
