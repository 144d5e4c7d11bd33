"""What a provider owns: the APIs it guards, the consumers that call them, and the keys they hold.

All times are Unix milliseconds. Everything here is frozen: a change makes a new value, which a store then keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sealstamp.core.verifier import ReplayBy


class Enforcement(StrEnum):
    """What an API does with a refusal."""

    ENFORCE = "enforce"
    """Refuse."""
    OBSERVE = "observe"
    """Let it pass without an identity, and say in log and metrics what would have been refused."""
    OFF = "off"
    """Do not look at credentials at all."""


class KeyStatus(StrEnum):
    """What an operator decided about a key; whether it has expired follows from its time."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REVOKED = "revoked"
    """Final: a revoked key never comes back."""


class ConsumerStatus(StrEnum):
    """What an operator decided about a consumer; it holds for its keys, and for every consumer below it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class KeyMaterial(StrEnum):
    """What is kept of a key to verify with."""

    SECRET = "secret"
    """A secret that the consumer has too."""
    PUBLIC_KEY = "public_key"
    """The public key of a pair; the consumer alone has the private one."""


@dataclass(frozen=True, slots=True)
class SchemeChoice:
    """A scheme that an API accepts, by name, and the parameters this API sets for it."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Api:
    """A guarded API.

    ``host`` is a lower-case host name, or ``*`` for any. ``path_prefix`` starts with ``/`` and matches whole
    segments. ``schemes`` are tried in order. ``replay`` None means by nonce where the scheme has one, else off.
    ``response_profile`` None means the first scheme's own. ``upstream`` is an origin such as ``http://127.0.0.1:9000``.
    A key must have every one of ``scopes``. ``version`` grows by one with each change.
    """

    name: str
    host: str
    path_prefix: str
    schemes: tuple[SchemeChoice, ...]
    enforcement: Enforcement = Enforcement.ENFORCE
    replay: ReplayBy | None = None
    response_profile: str | None = None
    upstream: str | None = None
    scopes: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who holds keys.

    ``parent`` is the consumer that it belongs to, whose suspension is its own too. ``plan`` names what its keys get.
    ``max_sub_keys`` is how many sub keys it and those below it may have issued together, revoked ones apart, and
    ``quota_month`` how many requests a calendar month it and they may make together; None is no limit. ``status`` is
    what an operator says, ``suspended_by_parent`` what its distributor does. ``version`` grows by one with each change.
    """

    name: str
    email: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    plan: str | None = None
    status: ConsumerStatus = ConsumerStatus.ACTIVE
    max_sub_keys: int | None = None
    quota_month: int | None = None
    version: int = 1
    suspended_by_parent: bool = False

    @property
    def is_active(self) -> bool:
        """Tell whether its keys may be used, as far as it depends on this consumer."""
        return self.status is ConsumerStatus.ACTIVE and not self.suspended_by_parent


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key as it is kept: its secrets sealed, bound to this id, and useless without the sealing key.

    ``sealed_extras`` are its further secrets, by name. A public key is sealed too: so it cannot be exchanged unseen.
    ``name`` is for people. ``networks`` are those it may be used from, in CIDR notation; none means any. ``rate_limit``
    is such as ``100/minute``; ``quota_day`` and ``quota_month`` count requests, in UTC; None is no limit, or what its
    ``plan``, or else its consumer's, says. A rotation ties two keys: the new one ``replaces`` the old, which is
    ``replaced_by`` it. ``version`` grows by one with each change.

    A sub key was issued by a consumer above its own: ``issuer``, with the key ``issuer_key``. ``status`` is what an
    operator says, ``suspended_by_issuer`` what its issuer does.
    """

    id: str
    sealed_secret: bytes = field(repr=False)
    consumer: str
    apis: tuple[str, ...]
    status: KeyStatus = KeyStatus.ACTIVE
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    sealed_extras: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    material: KeyMaterial = KeyMaterial.SECRET
    name: str | None = None
    scopes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    rate_limit: str | None = None
    quota_day: int | None = None
    quota_month: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    replaces: str | None = None
    replaced_by: str | None = None
    version: int = 1
    plan: str | None = None
    issuer: str | None = None
    issuer_key: str | None = None
    suspended_by_issuer: bool = False

    @property
    def is_active(self) -> bool:
        """Tell whether the key may be used, its time apart."""
        return self.status is KeyStatus.ACTIVE and not self.suspended_by_issuer

    def is_usable(self, now_ms: int) -> bool:
        """Tell whether the key may be used at ``now_ms`` (Unix milliseconds)."""
        return self.is_active and (self.expires_at_ms is None or now_ms < self.expires_at_ms)
