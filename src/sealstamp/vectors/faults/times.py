"""Times outside the window, in other units, or unreadable."""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.core.request import Request
from sealstamp.core.scheme import EXPIRES, LIFETIME, TIMESTAMP
from sealstamp.errors import Reason, SigningError
from sealstamp.vectors.case import Case
from sealstamp.vectors.faults.case import MALFORMED, MISMATCH, MISSING, OUTSIDE, fault
from sealstamp.vectors.faults.values import put
from sealstamp.vectors.situation import NOW_MS, Situation


def unit_ms(situation: Situation) -> int:
    """Return the smallest step of the scheme's times, in milliseconds, at least one."""
    rule = situation.scheme.time
    return 1 if rule is None or rule.format.write(NOW_MS) != rule.format.write(NOW_MS + 1) else 1000


def times(situation: Situation) -> Iterator[Case]:
    """Come too early or too late."""
    if situation.scheme.time is None:
        return
    signed, unit = situation.sign().request, unit_ms(situation)
    ahead_ms, old_ms = situation.scheme.good_for
    late, early = NOW_MS + old_ms + unit, NOW_MS - ahead_ms - unit
    yield fault(situation, "stale", "one unit of time older than it may be", signed, OUTSIDE, now_ms=late)
    yield fault(situation, "future", "one unit of time further ahead than it may be", signed, OUTSIDE, now_ms=early)


def units(situation: Situation) -> Iterator[Case]:
    """Give the time in another unit."""
    rule = situation.scheme.time
    if rule is None or rule.format.per_ms is None:
        return
    for name, title, time_ms in (
        ("too-large", "the time is in a unit a thousand times smaller", NOW_MS * 1000),
        ("too-small", "the time is in a unit a thousand times larger", NOW_MS // 1000),
    ):
        yield fault(situation, f"unit-{name}", title, _signed_at(situation, time_ms), OUTSIDE, MALFORMED)


def _signed_at(situation: Situation, time_ms: int) -> Request:
    """Sign with a time; where it is one that no calendar has, it is put in afterwards."""
    try:
        return situation.sign(time_ms=time_ms).request
    except SigningError:
        rule = situation.scheme.time
        written = rule.format.write(time_ms) if rule else b""
        name = TIMESTAMP if TIMESTAMP in situation.scheme.carried else EXPIRES
        return put(situation, situation.sign().request, name, written)


def unreadable_times(situation: Situation) -> Iterator[Case]:
    """Give what is no time."""
    signed = situation.sign().request
    for field, what in ((TIMESTAMP, "time"), (EXPIRES, "expires"), (LIFETIME, "lifetime")):
        value = situation.values(signed).get(field)
        if situation.scheme.time is None or not value:
            continue
        for name, title, other in (
            ("garbage", "is no time", b"tomorrow"),
            ("empty", "is empty", b""),
            ("signed", "has a sign", b"+" + value),
        ):
            request = put(situation, signed, field, other)
            reasons = reasons_of_unreadable(situation, field, other)
            yield fault(situation, f"{what}-{name}", f"the value {field} {title}", request, *reasons)


def lifetimes(situation: Situation) -> Iterator[Case]:
    """Claim to be good for too long, or come too late."""
    rule = situation.scheme.time
    if rule is not None and rule.most_ms is not None:
        too_long = situation.sign(values={LIFETIME: str(rule.most_ms // rule.unit_ms + 1)}).request
        title = "one unit longer good than a request may be"
        yield fault(situation, "lifetime-too-long", title, too_long, OUTSIDE)
    if rule is not None and EXPIRES in situation.scheme.may_lack:
        short, unit = situation.sign(values={LIFETIME: "1"}).request, unit_ms(situation)
        title = "not too old, but good only until a time that is over"
        yield fault(situation, "expired", title, short, OUTSIDE, now_ms=NOW_MS + rule.unit_ms + unit)


def reasons_of_unreadable(situation: Situation, name: str, value: bytes) -> tuple[Reason, ...]:
    """Return how a value that cannot be read may end; an empty one that need not come is as if it had not come."""
    as_if_absent = not value and situation.carrier(name).optional
    return (MALFORMED, MISSING, MISMATCH) if as_if_absent else (MALFORMED, MISSING)
