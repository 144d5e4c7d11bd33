"""Requests that may be sent again: an ``Idempotency-Key`` gives the first answer once more, and acts once.

The answer is kept in the very transaction of the act, so there is one if and only if there is the other. It may hold a
secret that is shown once, so it is kept sealed like one, for the operator key that asked and nobody else, and for
``KEPT_MS``. A refusal is not kept: it changed nothing, so the same request may be tried again.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

import msgspec

from sealstamp.core.credential import Secret
from sealstamp.core.request import Request
from sealstamp.keys.repeatable import owner_of
from sealstamp.keys.sealing import Sealer
from sealstamp.server.answers import Answer
from sealstamp.server.management.problems import Code, ProblemError
from sealstamp.stores.sql import SqlStore

HEADER: Final = b"idempotency-key"
REPEATED: Final = (b"idempotency-replayed", b"true")
"""On an answer that was given before."""
KEPT_MS: Final = 24 * 3_600_000
_KEY = re.compile(rb"[!-~]{1,128}")


class _Kept(msgspec.Struct, array_like=True):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Repetition:
    """One request under an Idempotency-Key, inside the transaction of its act."""

    def __init__(self, access_key_id: str, key: bytes, request: Request, body: bytes) -> None:
        self._claim = hashlib.sha256(_joined(access_key_id.encode(), key)).digest()
        self._owner = owner_of(self._claim)
        self._request = hashlib.sha256(_joined(request.method, request.target, body)).digest()

    def find(self, store: SqlStore, sealer: Sealer, now_ms: int) -> Answer | None:
        """Return the answer that was given before, or None. Raises ProblemError where another request had the key."""
        found = store.find_repeatable(self._claim, now_ms)
        if found is None:
            return None
        request, sealed = found
        if request != self._request:
            title = "this Idempotency-Key came before with another request; give each request its own"
            raise ProblemError(Code.IDEMPOTENCY_KEY_REUSED, title)
        kept = msgspec.msgpack.decode(sealer.open(self._owner, sealed).reveal(), type=_Kept)
        return Answer(kept.status, [*kept.headers, REPEATED], kept.body)

    def keep(self, store: SqlStore, sealer: Sealer, answer: Answer, now_ms: int) -> None:
        """Keep the answer for a repetition."""
        packed = msgspec.msgpack.encode(_Kept(answer.status, answer.headers, answer.body))
        sealed = sealer.seal(self._owner, Secret(packed))
        store.add_repeatable(self._claim, self._request, sealed, expires_at_ms=now_ms + KEPT_MS, now_ms=now_ms)


def repetition_of(access_key_id: str, request: Request, body: bytes) -> Repetition | None:
    """Return the repetition that a request asks for, or None. Raises ProblemError for a key that cannot be one."""
    key = request.header_fields[0].get(HEADER)
    if key is None:
        return None
    if _KEY.fullmatch(key) is None:
        raise ProblemError(Code.MALFORMED_REQUEST, "an Idempotency-Key is 1 to 128 visible ASCII characters")
    return Repetition(access_key_id, key, request, body)


def _joined(*parts: bytes) -> bytes:
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)
