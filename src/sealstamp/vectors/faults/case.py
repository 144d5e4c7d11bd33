"""What all faults say of their cases."""

from __future__ import annotations

from sealstamp.core.request import Request
from sealstamp.errors import Reason
from sealstamp.vectors.case import Case
from sealstamp.vectors.situation import Situation

ACCEPTED, MISMATCH = Reason.ACCEPTED, Reason.SIGNATURE_MISMATCH
MISSING, MALFORMED = Reason.MISSING_CREDENTIALS, Reason.MALFORMED_CREDENTIALS
OUTSIDE, NOT_COVERED = Reason.OUTSIDE_TIME_WINDOW, Reason.COMPONENT_NOT_COVERED
ALTERED = (MISMATCH, Reason.DIGEST_MISMATCH, MALFORMED, NOT_COVERED)
"""How a changed request may end: a digest, a packed text or a list of names may tell before the signature does."""


def fault(situation: Situation, name: str, title: str, request: Request, *reasons: Reason, **more: object) -> Case:
    """Make the case of a fault; without it the request would be the plain one."""
    facts = {"like": situation.plain_name, **more}
    return situation.case(name, title, request, *reasons, **facts)
