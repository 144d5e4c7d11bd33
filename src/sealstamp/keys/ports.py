"""What the domain asks of a store.

``find_`` returns None, ``get_`` raises; every call may raise StoreUnavailableError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sealstamp.core.verifier import Claim, ClaimResult
from sealstamp.keys.audit import AuditEntry, AuditHead, AuditQuery
from sealstamp.keys.changes import News
from sealstamp.keys.domain import AccessKey, Api, Consumer
from sealstamp.keys.in_force import HeldKey
from sealstamp.keys.limits import RateLimit
from sealstamp.keys.lives import Life
from sealstamp.keys.operators import Operator
from sealstamp.keys.pair_ports import PairStore
from sealstamp.keys.quotas import Ask, Span
from sealstamp.keys.repeatable import RepeatableStore
from sealstamp.keys.schemes import StoredScheme
from sealstamp.keys.usage import LastUse, Usage, UsageBy, UsageFilter, UsageSum


class KeySource(Protocol):
    """Where a door finds keys, with those who hold them and their plans."""

    def find_held_key(self, access_key_id: str) -> HeldKey | None:
        """Return the key with exactly this id, or None after as much work."""

    def list_candidates(self, api: str, limit: int) -> Sequence[HeldKey]:
        """Return at most ``limit`` keys for an API, those that are active before the others."""


class SchemeSource(Protocol):
    """Where the uploaded schemes are."""

    def list_schemes(self) -> Sequence[StoredScheme]:
        """Return the newest version of every uploaded scheme, by name."""


class KeyStore(KeySource, SchemeSource, Protocol):
    """Keeps APIs, consumers and access keys. Calls are synchronous and may block on the disk or the network."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make every call inside one unit: all of it is kept, or, when an exception leaves it, none."""

    def epoch(self) -> int:
        """Return a number that differs after any process has committed a change to keys, consumers or APIs."""

    def changes_since(self, epoch: int) -> News:
        """Return the present epoch, and what has changed since ``epoch``; EVERYTHING where it cannot be told."""

    def open_feed(self) -> ChangeFeed | None:
        """Return what tells at once that something has changed; None where nothing can."""

    def clock_ms(self) -> int | None:
        """Return the time of the store's own clock, in Unix milliseconds; None where it has none of its own."""

    def apis_of_access_keys(self, access_key_ids: Collection[str]) -> set[str]:
        """Return the names of the APIs that any of these keys is for."""

    def find_access_key(self, access_key_id: str) -> AccessKey | None:
        """Return the key with exactly this id, or None."""

    def list_access_keys(
        self,
        *,
        api: str | None = None,
        consumer: str | None = None,
        issuer: str | None = None,
        after: str = "",
        page: int = 1_000,
    ) -> Iterator[AccessKey]:
        """Yield keys by id, read by pages: all behind ``after``, for one API, of one consumer, or that one issued."""

    def count_sub_keys(self, consumer: str, now_ms: int) -> int:
        """Return how many sub keys a consumer and those below it have issued, without those that are no more.

        These are revoked, or were rotated and have ended by ``now_ms`` (Unix milliseconds).
        """

    def list_apis(self) -> Sequence[Api]:
        """Return every API, by name."""

    def find_api(self, name: str) -> Api | None:
        """Return the API with exactly this name, or None."""

    def get_api(self, name: str) -> Api:
        """Return the API with exactly this name. Raises NotFoundError."""

    def put_api(self, api: Api) -> None:
        """Keep ``api``, in place of the one with its name."""

    def delete_api(self, name: str) -> None:
        """Forget an API; keys lose it from theirs. Raises NotFoundError."""

    def list_consumers(self, *, parent: str | None = None) -> Sequence[Consumer]:
        """Return consumers by name: every one, or those right below ``parent``."""

    def find_consumer(self, name: str) -> Consumer | None:
        """Return the consumer with exactly this name, or None."""

    def get_consumer(self, name: str) -> Consumer:
        """Return the consumer with exactly this name. Raises NotFoundError."""

    def consumer_line(self, name: str) -> Sequence[Consumer]:
        """Return the consumer and those above it, itself first. Raises NotFoundError."""

    def put_consumer(self, consumer: Consumer) -> None:
        """Keep ``consumer``, in place of the one with its name. Raises NotFoundError for its parent or plan."""

    def delete_consumer(self, name: str) -> None:
        """Forget a consumer. Raises NotFoundError, or KeyStateError while it holds keys or has consumers below it."""

    def get_access_key(self, access_key_id: str) -> AccessKey:
        """Return the key with exactly this id. Raises NotFoundError."""

    def add_access_key(self, key: AccessKey) -> None:
        """Keep a new key. Raises KeyStateError when the id is taken, NotFoundError for its consumer or APIs."""

    def update_access_key(self, key: AccessKey) -> None:
        """Keep ``key`` in place of the one with its id. Raises NotFoundError."""

    def delete_access_key(self, access_key_id: str) -> None:
        """Forget a key. Raises NotFoundError."""


class AuditLog(Protocol):
    """Keeps audit entries, to which nothing but appending is done."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make every call inside one unit: all of it is kept, or, when an exception leaves it, none."""

    def find_audit_head(self) -> AuditHead:
        """Return the number and hash of the newest entry."""

    def lock_audit_head(self) -> AuditHead:
        """Return the newest entry's number and hash, and let nobody else append until the transaction's end."""

    def add_audit_entry(self, entry: AuditEntry) -> None:
        """Keep an entry, and make it the head. The head must have been locked."""

    def list_audit_entries(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return the entries that are sought, by number. One whose documents cannot be read has other documents."""


class OperatorStore(Protocol):
    """Keeps operators, and the digest of a bootstrap token."""

    def list_operators(self, after: str = "", limit: int | None = None) -> Sequence[Operator]:
        """Return operators by name: all, or at most ``limit`` of those behind ``after``."""

    def find_operator(self, name: str) -> Operator | None:
        """Return the operator of this name, or None."""

    def add_operator(self, operator: Operator) -> None:
        """Keep a new operator, whose name and key id nobody has."""

    def update_operator(self, operator: Operator) -> None:
        """Keep ``operator`` in place of the one of its name. Raises NotFoundError."""

    def put_bootstrap(self, digest: bytes, expires_at_ms: int) -> None:
        """Keep the digest of the one bootstrap token that counts, in place of any before."""

    def find_bootstrap(self) -> tuple[bytes, int] | None:
        """Return the digest of the bootstrap token and when it ends, in Unix milliseconds; or None."""

    def delete_bootstrap(self) -> None:
        """Forget the bootstrap token."""


class SchemeStore(SchemeSource, Protocol):
    """Keeps every version of uploaded schemes."""

    def list_scheme_versions(
        self, name: str, below: int | None = None, limit: int | None = None
    ) -> Sequence[StoredScheme]:
        """Return versions of one uploaded scheme, the newest first: all, or at most ``limit`` of those below one."""

    def add_scheme_version(self, scheme: StoredScheme) -> None:
        """Keep a version that is not there yet."""

    def delete_scheme(self, name: str) -> None:
        """Forget every version of an uploaded scheme. Raises NotFoundError."""


class UsageRecord(Protocol):
    """Tells what was used."""

    def find_last_use(self, access_key_id: str) -> LastUse | None:
        """Return when and where a key was last used, or None."""

    def find_last_uses(self, access_key_ids: Sequence[str]) -> Sequence[LastUse]:
        """Return the last uses of those of the keys that were used, by id."""

    def sum_usage(self, chosen: UsageFilter, by: Sequence[UsageBy] = ()) -> Sequence[UsageSum]:
        """Add up the chosen usage, once for each combination of what ``by`` names, in that order."""

    def find_quota_used(self, subject: str, span: Span) -> int:
        """Return how much of a quota is taken: used, or held by a process that is about to use it."""


class UsageLedger(Protocol):
    """Keeps what was used, and what is taken of quotas, for all processes."""

    def add_usage(self, counted: Sequence[Usage], last: Sequence[LastUse]) -> None:
        """Add what was counted to what is kept, and keep last uses that are later; all of it, or nothing."""

    def forget_usage(self, before_ms: int, most: int) -> int:
        """Forget up to about ``most`` rows of hours that began before; return how many went."""

    def take_quotas(self, asks: Sequence[Ask]) -> Sequence[int]:
        """Take a share for each ask, all or none of them, and return how much each is; negative ones give back."""

    def forget_quotas(self, before_ms: int) -> int:
        """Forget spans that ended before; return how many went."""


class ManagementStore(
    KeyStore, AuditLog, OperatorStore, SchemeStore, UsageRecord, PairStore, RepeatableStore, Protocol
):
    """What the acts of management need."""


class RateLimiter(Protocol):
    """Counts each key's requests, however many processes share the limiter. Times are Unix milliseconds."""

    def hit(self, access_key_id: str, limit: RateLimit, now_ms: int) -> int | Awaitable[int]:
        """Count one request and return 0; or how many milliseconds until one more is allowed.

        A limiter that knows the answer gives it at once; one that has to ask gives what is to be awaited. Raises
        StoreUnavailableError when it cannot tell.
        """

    def give_back(self, access_key_id: str, limit: RateLimit, now_ms: int) -> None:
        """Take back a ``hit`` that was counted at ``now_ms``: its request was refused after all."""

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while nothing can be counted."""


class ChangeFeed(Protocol):
    """Tells that a store has changed, as soon as it has. What it tells may be lost."""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when there is something to take in."""

    def drain(self) -> bool:
        """Take in what has come, without waiting; tell whether anything has changed. Raises StoreUnavailableError."""

    def close(self) -> None:
        """Hear nothing more."""


class ReplayLedger(Protocol):
    """Remembers, over restarts, claims that a guard's birthday cannot tell, and the last number of what counts up."""

    def record(self, claim: bytes, expires_at_ms: int) -> None:
        """Keep ``claim`` on the disk before this returns."""

    def unexpired(self, now_ms: int) -> Sequence[tuple[bytes, int]]:
        """Return claims not yet expired with their expiry, and forget the others."""

    def advance(self, counter: bytes, number: int) -> bool:
        """Keep ``number`` for ``counter`` on the disk, if it is above the one that is kept; tell whether it was."""


class LifeRegister(Protocol):
    """Knows the life of each shard of a replay store; the same to every node."""

    def lives(self) -> Sequence[Life]:
        """Return the life of each shard that has one, by shard."""

    def replace_life(self, old: Life | None, new: Life) -> bool:
        """Put ``new`` in the place of ``old``, or of none; tell whether ``old`` was still there."""

    def replace_lives(self, old: Sequence[Life], new: Sequence[Life]) -> bool:
        """Put ``new`` in the place of all that there are; tell whether those were ``old``."""


class ReplayGuard(Protocol):
    """Accepts each claim once, however many processes share the guard.

    ``trusted_from_ms`` is Unix milliseconds: what is stamped up to it, nobody can tell whether it was accepted before.
    """

    @property
    def trusted_from_ms(self) -> int:
        """Everything stamped later than this is remembered."""

    def claim(self, claim: Claim, now_ms: int) -> ClaimResult | Awaitable[ClaimResult]:
        """Make a claim: of any number of callers with one token, exactly one gets MADE.

        A guard that knows the answer gives it at once; one that has to ask or to write gives what is to be awaited.
        Raises StoreUnavailableError when it cannot tell.
        """

    def check(self) -> None:
        """Raise StoreUnavailableError, with the problem, while claims cannot be made."""
