"""What was used before, and keys that may not be used."""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.core.runtime import MAX_NONCE
from sealstamp.core.scheme import NONCE, SIGNATURE
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import ConfigurationError, Reason, SigningError
from sealstamp.vectors.case import Case, Key
from sealstamp.vectors.faults import times
from sealstamp.vectors.faults.case import MALFORMED, MISMATCH, fault
from sealstamp.vectors.faults.values import flipped, put
from sealstamp.vectors.situation import NOW_MS, Situation


def nonces(situation: Situation) -> Iterator[Case]:
    """Spoil the nonce."""
    if situation.scheme.nonce is None:
        return
    signed = situation.sign().request
    empty = put(situation, signed, NONCE, b"")
    yield fault(
        situation, "nonce-empty", "the nonce is empty", empty, *times.reasons_of_unreadable(situation, NONCE, b"")
    )
    for name, title, nonce in (
        ("too-long", f"a nonce of {MAX_NONCE + 1} characters", "n" * (MAX_NONCE + 1)),
        ("not-ascii", "a nonce that is not ASCII", "einmal-\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ):
        try:
            request = situation.sign(nonce=nonce).request
        except SigningError:
            continue
        yield fault(situation, f"nonce-{name}", title, request, MALFORMED)


def replays(situation: Situation) -> Iterator[Case]:
    """Come again."""
    if situation.scheme.time is None:
        return
    first = situation.sign().request
    guard = ReplayBy.NONCE if situation.scheme.nonce else ReplayBy.SIGNATURE
    if not _can_guard(situation, guard):
        return
    yield fault(
        situation,
        f"replayed-{guard}",
        f"the same request again, at an API that accepts each {guard} once",
        first,
        Reason.NONCE_REPLAYED,
        before=(first,),
        guard=guard,
    )
    if guard is ReplayBy.NONCE:
        second = situation.sign(time_ms=NOW_MS + 1000).request
        title = "another request with a nonce that was used before"
        yield fault(situation, "nonce-again", title, second, Reason.NONCE_REPLAYED, before=(first,), guard=guard)


def _can_guard(situation: Situation, by: ReplayBy) -> bool:
    try:
        Verifier(situation.scheme, replay_by=by)
    except ConfigurationError:  # a signature that anyone can rewrite tells no two requests apart
        return False
    return True


def key_states(situation: Situation) -> Iterator[Case]:
    """Use keys that may not be used."""
    signed, credential = situation.sign().request, situation.credential
    inactive = Reason.INACTIVE_ACCESS_KEY
    disabled = Key(credential, usable_until_ms=0)
    yield fault(situation, "key-disabled", "the access key is disabled", signed, inactive, key=disabled)
    expired = Key(credential, usable_until_ms=NOW_MS)
    yield fault(situation, "key-expired", "the access key has just expired", signed, inactive, key=expired)
    foreign = Key(credential, permitted=False)
    denied = Reason.PERMISSION_DENIED
    yield fault(situation, "key-not-permitted", "the access key is for other APIs", signed, denied, key=foreign)
    other = put(situation, signed, SIGNATURE, flipped(situation.values(signed)[SIGNATURE]))
    title = "a disabled access key and a wrong signature: nothing is told of the key"
    yield fault(situation, "key-disabled-wrong-signature", title, other, MISMATCH, MALFORMED, key=disabled, like="")
