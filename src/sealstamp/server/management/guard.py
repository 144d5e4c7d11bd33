"""Who calls: the management API is an API like any other, whose keys are operators' and distributors'.

It goes through the same door as every guarded request: strict reading, time window, signature, state of the key,
replay. What it acts upon must be signed: beside what the scheme demands, ``If-Match``, ``Idempotency-Key`` and
``Content-Type`` where they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.verifier import Principal, ReplayBy, Verifier
from sealstamp.keys.addresses import ClientAddress
from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyStatus, SchemeChoice
from sealstamp.keys.in_force import HeldKey, in_force
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.operators import OPERATOR_SCHEME, Operator, OperatorStatus
from sealstamp.keys.sealing import Sealer
from sealstamp.keys.snapshot import GuardedApi, StoredKeys
from sealstamp.keys.sub_keys import may_distribute
from sealstamp.schemes import get_scheme
from sealstamp.server.asgi import (
    ClientGoneError,
    Receive,
    announces_body,
    stream_body,
)
from sealstamp.server.bodies import BodyUnderCheck
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.management.problems import Code, ProblemError
from sealstamp.stores.sql import SqlStore

API_NAME: Final = "sealstamp-management"
"""What metrics and logs call it."""
PARAMETERS: Final = {"region": "main", "service": "management"}
"""Of the scheme; the service keeps what is signed here apart from what is signed for guarded APIs."""
MAX_CACHED_KEYS: Final = 1_000
ACTED_UPON: Final = ("content-type", "idempotency-key", "if-match")


class Guard:
    """Tells which key signed a request, and reads its body under the signed digest."""

    def __init__(self, store: SqlStore, sealer: Sealer, directory: Directory, door: Door) -> None:
        self._keys = ManagementKeys(store)
        self._sealer = sealer
        self._directory = directory
        self._door = door
        choice = SchemeChoice(OPERATOR_SCHEME, PARAMETERS)
        self._api = Api(API_NAME, host="*", path_prefix="/v1", schemes=(choice,), replay=ReplayBy.NONCE)
        self._verifier = Verifier(strict_scheme(), replay_by=ReplayBy.NONCE, scope=API_NAME, body_later=True)
        self._epoch: int | None = None
        self._guarded: GuardedApi | None = None

    async def admit(
        self, request: Request, receive: Receive, limit: int, request_id: str, address: ClientAddress | None
    ) -> tuple[Principal, bytes]:
        """Return who signed, and the body of at most ``limit`` bytes. Raises Answered, ProblemError."""
        if not announces_body(request):
            request = Request(request.method, request.target, request.headers, scheme=request.scheme, body=b"")
        principal, under_check = await self._door.admit(self._current(), request, request_id, address)
        assert principal is not None  # noqa: S101  # this API enforces
        return principal, b"" if under_check is None else await read_whole(receive, limit, under_check)

    def _current(self) -> GuardedApi:
        """Return the API with its cache of keys, emptied whenever the store has changed."""
        epoch = self._directory.current().epoch
        if self._guarded is None or epoch != self._epoch:
            cache = KeyCache(MAX_CACHED_KEYS)
            accepted = StoredKeys(self._api, self._verifier, self._keys, self._sealer, cache)
            self._guarded, self._epoch = GuardedApi(self._api, (accepted,), None), epoch
        return self._guarded


async def read_whole(receive: Receive, limit: int, under_check: BodyUnderCheck | None = None) -> bytes:
    """Return a body of at most ``limit`` bytes. Raises ProblemError, and Answered for one that was not signed."""
    coming = stream_body(receive)
    pieces, size = [], 0
    try:
        async for piece in coming if under_check is None else under_check.through(coming):
            size += len(piece)
            if size > limit:
                raise ProblemError(Code.BODY_TOO_LARGE, f"the body has more than {limit} bytes")
            pieces.append(piece)
    except ClientGoneError:
        raise ProblemError(Code.MALFORMED_REQUEST, "the body ended before it was whole") from None
    return b"".join(pieces)


def strict_scheme() -> Scheme:
    """Return the scheme with what this API acts upon among the headers that must be signed where they come."""
    scheme = get_scheme(OPERATOR_SCHEME, PARAMETERS)
    chosen = scheme.chosen["signed_headers"]
    stricter = chosen.replace(must_name_all=(*chosen.must_name_all, *ACTED_UPON))
    return scheme.replace(chosen={**scheme.chosen, "signed_headers": stricter})


class ManagementKeys:
    """The keys of operators and distributors, as the door finds them."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def find_held_key(self, access_key_id: str) -> HeldKey | None:
        """Return an operator's key, or a distributor's; or None after as much work. Raises StoreUnavailableError.

        An operator holds the key; nobody is above, and there is no plan.
        """
        operator = self._store.find_operator_by_key(access_key_id)
        held = self._store.find_held_key(access_key_id)
        if operator is not None:
            return HeldKey(_key_of(operator), [Consumer(operator.name)])
        return None if held is None else _to_manage(held)

    def list_candidates(self, api: str, limit: int) -> Sequence[HeldKey]:
        """Return nothing: the scheme names the key."""
        return ()


def _to_manage(held: HeldKey) -> HeldKey | None:
    """Return a distributor's key as it is here, None for one of somebody else.

    Its quotas are for requests to APIs: who has used them up can still suspend and revoke.
    """
    key, line = in_force(held)
    if not may_distribute(key):
        return None
    bare = replace(key, apis=(API_NAME,), plan=None, quota_day=None, quota_month=None)
    return HeldKey(bare, [replace(one, plan=None, quota_month=None) for one in line])


def _key_of(operator: Operator) -> AccessKey:
    is_active = operator.status is OperatorStatus.ACTIVE
    return AccessKey(
        id=operator.access_key_id,
        sealed_secret=operator.sealed_secret,
        consumer=operator.name,
        apis=(API_NAME,),
        status=KeyStatus.ACTIVE if is_active else KeyStatus.REVOKED,
        created_at_ms=operator.created_at_ms,
        expires_at_ms=operator.expires_at_ms,
    )
