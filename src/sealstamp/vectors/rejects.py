"""Requests that must be refused, each an accepted one with a single fault in it.

Where a scheme does not notice a change, because its signature does not cover what was changed, the case is an accepted
one and its name begins with ``not-covered``: so the weakness is seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.vectors.case import Case
from sealstamp.vectors.faults import carriage, signatures, tampering, times, uses
from sealstamp.vectors.situation import Situation


def rejects(situation: Situation) -> Iterator[Case]:
    """Make every refused case that applies."""
    for make in (
        *(tampering.tampered, tampering.tampered_headers, tampering.tampered_values, tampering.optional_digests),
        *(carriage.missing, carriage.doubled_fields, carriage.spelled, carriage.in_two_places, carriage.bodies),
        *(signatures.wrong_keys, signatures.signatures, signatures.key_ids, signatures.packed, signatures.chosen),
        *(
            times.times,
            times.units,
            times.unreadable_times,
            times.lifetimes,
            uses.nonces,
            uses.replays,
            uses.key_states,
        ),
    ):
        yield from make(situation)
