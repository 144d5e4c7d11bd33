"""Verifying: the order of checks, written once, in three steps with the I/O between them.

::

    presented = verifier.present(request, now_ms)             fields, strictness, time window: no look-up yet
    key       = …                                             the caller finds the key: memory, disk, network
    claim     = verifier.check(request, presented, key, now_ms)   signature, then the key's state
    …                                                         the caller makes the claim, if there is one

Where a digest of the body is signed, ``check`` compares it with the body. A caller that passes the body on as a stream
makes its Verifier with ``body_later``, and puts the bytes through ``body_check`` on their way.

Each step raises a VerificationError or goes on. A caller that has keys and claims at hand uses ``verify``; one that
must wait for them writes these four lines with ``await`` in two places. Limits come between the last two.

Why this order: a stale request costs no look-up; nobody without a valid signature learns a key's state, or can fill the
replay store; an unknown id takes the way of a wrong signature, with a secret that nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

from sealstamp.core.bodycheck import BodyCheck, BodyDigest, DigestCheck
from sealstamp.core.compiler import (
    MakeBodyCheck,
    Matches,
    Presented,
    bind_body_check,
    bind_key,
    bind_stranger,
    compile_scheme,
)
from sealstamp.core.computing import FIRST_VALUE
from sealstamp.core.credential import Credential
from sealstamp.core.record import Record
from sealstamp.core.request import Request, lazy
from sealstamp.core.runtime import body_of, is_visible
from sealstamp.core.scheme import SIGNATURE, UNSEEN_BODY, Carrier, Packed, Scheme
from sealstamp.core.stages import Stage, show_stages
from sealstamp.core.templates import opening_of
from sealstamp.core.timing import NEVER_MS as NEVER_MS
from sealstamp.errors import (
    ConfigurationError,
    InactiveAccessKeyError,
    InvalidCredentialsError,
    MalformedCredentialsError,
    MissingCredentialsError,
    NonceReplayedError,
    OutsideTimeWindowError,
    PermissionDeniedError,
    SealstampError,
    SignatureMismatchError,
    UnknownAccessKeyError,
    VerificationError,
)

MAX_ACCESS_KEY_ID = 256
"""Longer ids are refused unseen."""


class ReplayBy(StrEnum):
    """What an API accepts only once."""

    NONCE = "nonce"
    SIGNATURE = "signature"
    OFF = "off"


class Principal(Record):
    """Who signed: what an accepted request is known by. One is made per key, not per request.

    ``scopes`` are the key's: what it may be used for, in the words of whoever gave it.
    """

    access_key_id: str
    consumer: str
    scheme: str
    scopes: tuple[str, ...] = ()

    @lazy
    def encoded(self) -> tuple[bytes, bytes, bytes]:
        """Id, consumer and scheme as bytes, for those who pass them on with every request."""
        return self.access_key_id.encode(), self.consumer.encode(), self.scheme.encode()


class BoundKey:
    """An access key, ready to verify one scheme: its secret has become functions.

    ``usable_until_ms`` is Unix milliseconds: NEVER_MS without an expiry, 0 for a key that is disabled or revoked.
    ``permitted`` tells whether the key is for the API at whose door it is used; ``open_until_ms`` is both in one.
    ``body_check`` is how a scheme in code checks the bodies that this key signed. ``terms`` are whatever else a door
    asks of who signs with the key; nothing here looks at them. ``is_stranger`` is so for an id that no key has.
    """

    __slots__ = (
        "body_check",
        "claim_prefix",
        "is_stranger",
        "matches",
        "open_until_ms",
        "permitted",
        "principal",
        "terms",
        "usable_until_ms",
    )

    def __init__(
        self,
        principal: Principal,
        matches: Matches,
        claim_prefix: bytes = b"",
        usable_until_ms: int = NEVER_MS,
        permitted: bool = True,
        body_check: MakeBodyCheck | None = None,
    ) -> None:
        self.principal = principal
        self.matches = matches
        self.claim_prefix = claim_prefix
        self.usable_until_ms = usable_until_ms
        self.permitted = permitted
        self.open_until_ms = usable_until_ms if permitted else 0
        self.body_check = body_check
        self.terms: Any = None
        self.is_stranger = False

    def __repr__(self) -> str:
        return f"<BoundKey {self.principal.access_key_id}>"


class Claim(NamedTuple):
    """What may be accepted only once: ``token`` until ``expires_ms``; ``stamped_ms`` is the request's own time.

    A request that says when it expires and not when it was made has NEVER_MS for a time. With a ``number``, what may be
    accepted is only a higher one than any before with this ``token``; that never expires.
    """

    token: bytes
    stamped_ms: int
    expires_ms: int
    number: int | None = None


class ClaimResult(StrEnum):
    """What became of a claim."""

    MADE = "made"
    SEEN = "seen"
    """It was made before."""
    BEFORE_BIRTH = "before_birth"
    """Nobody can tell: the request is older than the guard's memory."""


_MADE = ClaimResult.MADE  # an enum's members are slow to look up before Python 3.12


class Verifier:
    """Verifies requests signed by one scheme at one API.

    ``scope`` keeps apart what different APIs have seen; an empty one will do for a single API. ``replay_by`` None means
    by nonce if the scheme has one; a request that may leave its nonce or time out, and does, is then not guarded. With
    ``replay_by`` given, it is refused. ``body_later`` is the caller's promise to use ``body_check`` for requests whose
    body it did not give; without it they are refused.
    Raises ConfigurationError for a replay guard by something that the scheme's requests do not carry.
    """

    def __init__(
        self, scheme: Scheme, *, replay_by: ReplayBy | None = None, scope: str = "", body_later: bool = False
    ) -> None:
        self.scheme = scheme
        compiled = compile_scheme(scheme)
        self.present = compiled.present
        self.names_key = scheme.names_key
        self.needs_body = scheme.needs_body
        self.digests_body = bool(scheme.body_digests) or compiled.bind_body_check is not None
        self.refuses_unseen = scheme.parameters.get(UNSEEN_BODY) == "refused"
        self._body_digests = [_awaited(scheme, digest) for digest in scheme.body_digests.values()]
        self._if_absent = tuple(field.places for field in scheme.digest_fields.values() if field.computed_if_absent)
        self.may_need_body = self.needs_body or bool(self._if_absent)
        self._body_later = body_later
        self.replay_by = replay_by or (ReplayBy.NONCE if scheme.nonce else ReplayBy.OFF)
        _check_guard(scheme, self.replay_by)
        self._guards = self.replay_by is not ReplayBy.OFF
        self._must_claim = replay_by is not None
        self._counts = self.replay_by is ReplayBy.NONCE and scheme.nonce is not None and scheme.nonce.grows
        self._scope = scope.encode()
        self._past_ms = scheme.time.past_ms if scheme.time else 0
        self._says_end = scheme.time is not None and scheme.time.most_ms is not None
        nonce_at, signature_at = 2, FIRST_VALUE + scheme.carried.index(SIGNATURE)
        self._claimed_at = nonce_at if self.replay_by is ReplayBy.NONCE else signature_at
        self._signature_places = tuple(
            (place, _opening_of(carrier))
            for carrier in scheme.carriers
            if SIGNATURE in carrier.carried
            for place in carrier.places
        )
        # An unknown id is checked against this, so that it takes the way and the time of a wrong signature.
        self._stranger = BoundKey(Principal("", "", scheme.name), bind_stranger(scheme))

    def bind(
        self,
        credential: Credential,
        *,
        consumer: str,
        usable_until_ms: int = NEVER_MS,
        permitted: bool = True,
        scopes: tuple[str, ...] = (),
    ) -> BoundKey:
        """Make a key ready, when it enters a cache: all that does not depend on a request is computed now.

        Raises ConfigurationError for a secret that is not of the scheme's form, such as base64, or MisfitError, which
        is one, for a key of a pair where a shared secret is needed, and the other way round.
        """
        principal = Principal(credential.access_key_id, consumer, self.scheme.name, scopes)
        return self._bound(principal, credential, usable_until_ms, permitted)

    def _bound(self, principal: Principal, credential: Credential, usable_until_ms: int, permitted: bool) -> BoundKey:
        matches, _ = bind_key(self.scheme, credential)
        claim_prefix = b"%b\0%b\0" % (self._scope, credential.access_key_id.encode())
        body_check = bind_body_check(self.scheme, credential)
        return BoundKey(principal, matches, claim_prefix, usable_until_ms, permitted, body_check)

    def bind_misfit(self, access_key_id: str, *, consumer: str) -> BoundKey:
        """Make a key that is of another kind than this scheme signs with: for it, every signature is a wrong one."""

        def matches(presented: Presented, request: Request) -> bool:
            self._stranger.matches(presented, request)
            return False

        return BoundKey(Principal(access_key_id, consumer, self.scheme.name), matches, usable_until_ms=0)

    def bind_stranger(self, access_key_id: str, stand_in: Credential | None = None) -> BoundKey:
        """Make what stands for an id that no key has. It is refused in any case.

        With a ``stand_in``, whose secret nobody has, it is as much work as ``bind``, and raises what that does.
        """
        principal = Principal(access_key_id, "", self.scheme.name)
        if stand_in is None:
            stranger = BoundKey(principal, bind_stranger(self.scheme), usable_until_ms=0)
        else:
            stranger = self._bound(principal, stand_in, 0, permitted=False)
        stranger.is_stranger = True
        return stranger

    def recognises(self, request: Request) -> bool:
        """Tell whether the request carries something where this scheme's signature travels, and that begins like it."""
        return any(
            place.is_in(request) and (opening is None or opening.match(place.value_in(request)) is not None)
            for place, opening in self._signature_places
        )

    def access_key_id_of(self, presented: Presented) -> bytes:
        """Return the presented id; empty if the scheme names none."""
        access_key_id: bytes = presented[0]
        return access_key_id

    def reads_body(self, request: Request) -> bool:
        """Tell whether the body must be at hand to decide about this request, of which only the head need be."""
        return self.needs_body or any(
            not any(place.value_in(request) for place in places) for places in self._if_absent
        )

    def body_check(self, presented: Presented, key: BoundKey) -> BodyCheck | None:
        """Return what compares a body with what ``key`` signed of it; None where nothing was.

        Raises DigestMismatchError for what can be no digest.
        """
        if key.body_check is not None:
            return key.body_check(presented)
        awaited = self._body_digests
        for _, at, without in awaited:
            if presented[at] not in without:
                return DigestCheck(
                    [(one, presented[at]) for one, at, without in awaited if presented[at] not in without]
                )
        return None

    def check(self, request: Request, presented: Presented, key: BoundKey | None, now_ms: int) -> Claim | None:
        """Check the signature, then the key's state, then the body; return what has to be claimed, if anything.

        Raises UnknownAccessKeyError, SignatureMismatchError, InactiveAccessKeyError, PermissionDeniedError,
        DigestMismatchError; MissingCredentialsError for a request that a replay guard was asked to guard and cannot;
        BodyUnavailableError where a body's digest is signed and nobody has promised to check it.
        """
        if key is None:
            self._refuse_stranger(request, presented)
        try:
            matched = key.matches(presented, request)
        except SealstampError as error:
            raise error.with_traceback(None) from None  # the frames it came from have the secret among their locals
        if not matched:
            raise _mismatch(key)
        try:
            if now_ms >= key.open_until_ms:
                _refuse_state(key, now_ms)
            if self.digests_body:
                self._check_body(request, presented, key)
            return self._claim(presented, key, matched) if self._guards else None
        except VerificationError as refusal:
            refusal.signed_by = None if key.is_stranger else key.principal.access_key_id
            raise

    def check_candidates(
        self, request: Request, presented: Presented, keys: Sequence[BoundKey], now_ms: int
    ) -> tuple[BoundKey, Claim | None]:
        """Find, for a scheme that names no key, the one that signed; every candidate is tried. Raises as ``check``."""
        try:
            matching = {key: matched for key in keys if (matched := key.matches(presented, request))}
        except SealstampError as error:
            raise error.with_traceback(None) from None  # as above
        if not matching:
            self._stranger.matches(presented, request)
            raise SignatureMismatchError(f"the signature matches none of the API's {len(keys)} keys")
        key = next(iter(matching))
        if now_ms >= key.open_until_ms:  # of several that match, one that may be used is meant
            key = next((key for key in matching if now_ms < key.open_until_ms), key)
        try:
            if now_ms >= key.open_until_ms:
                _refuse_state(key, now_ms)
            if self.digests_body:
                self._check_body(request, presented, key)
            return key, self._claim(presented, key, matching[key]) if self._guards else None
        except VerificationError as refusal:
            refusal.signed_by = key.principal.access_key_id
            raise

    def verify(
        self,
        request: Request,
        now_ms: int,
        find_key: Callable[[bytes], BoundKey | None],
        claim: Callable[[Claim, int], ClaimResult] | None = None,
    ) -> Principal:
        """Run all steps with keys and claims at hand, for schemes that name their key. Raises VerificationError."""
        presented = self.present(request, now_ms)
        key = find_key(presented[0])
        to_claim = self.check(request, presented, key, now_ms)
        if to_claim is not None and claim is not None:
            require_claimed(claim(to_claim, now_ms), now_ms)
        assert key is not None  # noqa: S101  # check has refused otherwise
        return key.principal

    def stages(self, request: Request, presented: Presented, credential: Credential) -> tuple[Stage, ...]:
        """Return every stage of the signature that should have come, all that is secret hidden."""
        return show_stages(self.scheme, credential, presented, request, reveal=False)

    def fields_of(self, presented: Presented) -> dict[str, str]:
        """Return what came, by field, as text; the signature that came is not secret to who sent it."""
        values = presented[FIRST_VALUE:]  # code may have put more behind them, for itself
        return {
            name: value.decode("utf-8", "backslashreplace")
            for name, value in zip(self.scheme.carried, values, strict=False)
        }

    def _check_body(self, request: Request, presented: Presented, key: BoundKey) -> None:
        if request.body is None and self._body_later:
            return
        if check := self.body_check(presented, key):
            check.update(body_of(request))
            check.finish()

    def _refuse_stranger(self, request: Request, presented: Presented) -> NoReturn:
        access_key_id = presented[0]
        self._stranger.matches(presented, request)
        if len(access_key_id) > MAX_ACCESS_KEY_ID or not is_visible(access_key_id):
            raise MalformedCredentialsError("the access key id is too long, or not visible ASCII")
        raise UnknownAccessKeyError("no access key has this id")

    def _claim(self, presented: Presented, key: BoundKey, matched: bool | bytes) -> Claim | None:
        """Claim the nonce or the signature: of several the right one, for the others are anybody's, in its one form."""
        if self._counts:
            return Claim(key.claim_prefix, NEVER_MS, NEVER_MS, int(presented[2]))
        stamped_ms, token = presented[1], presented[self._claimed_at]
        if isinstance(matched, bytes) and self.replay_by is ReplayBy.SIGNATURE:
            token = matched
        if stamped_ms is None or not token:
            if self._must_claim:
                raise MissingCredentialsError("a replay guard needs a time and what it guards by; one did not come")
            return None
        if self._says_end:
            return Claim(key.claim_prefix + token, *stamped_ms)
        return Claim(key.claim_prefix + token, stamped_ms, stamped_ms + self._past_ms)


def _awaited(scheme: Scheme, digest: BodyDigest) -> tuple[BodyDigest, int, frozenset[bytes]]:
    """Return a digest, where ``present`` has its value, and the values that promise nothing about the body."""
    field = scheme.digest_fields.get(digest.name)
    instead = field.instead if field and field.instead_allowed else ()
    absent = ("",) if digest.name in scheme.may_lack else ()
    without = frozenset(text.encode() for text in (*instead, *absent))
    return digest, FIRST_VALUE + scheme.carried.index(digest.name), without


def _check_guard(scheme: Scheme, replay_by: ReplayBy) -> None:
    place = f"scheme {scheme.name}, replay guard by {replay_by}"
    if replay_by is ReplayBy.NONCE and scheme.nonce is None:
        raise ConfigurationError(place, "its requests carry no nonce", "guard by signature, or not at all")
    if replay_by is ReplayBy.NONCE and scheme.nonce is not None and scheme.nonce.grows:
        return
    if replay_by is not ReplayBy.OFF and scheme.time is None:
        raise ConfigurationError(place, "its requests carry no time, so a guard would never forget", "do not guard")


def _mismatch(key: BoundKey) -> InvalidCredentialsError:
    if key.is_stranger:
        return UnknownAccessKeyError("no access key has this id")
    return SignatureMismatchError("the signature does not match")


def _refuse_state(key: BoundKey, now_ms: int) -> NoReturn:
    if key.is_stranger:  # what stands for it is no secret, so a signature can be right
        raise UnknownAccessKeyError("no access key has this id")
    if now_ms >= key.usable_until_ms:
        raise InactiveAccessKeyError(f"access key {key.principal.access_key_id} is disabled, revoked or expired")
    raise PermissionDeniedError(
        f"access key {key.principal.access_key_id} is not for this API, or lacks a scope of its"
    )


def require_claimed(result: ClaimResult, now_ms: int) -> None:
    """Raise NonceReplayedError or OutsideTimeWindowError unless the claim was made."""
    if result is _MADE:
        return
    if result is ClaimResult.SEEN:
        raise NonceReplayedError("this request was accepted before")
    if result is ClaimResult.BEFORE_BIRTH:
        raise OutsideTimeWindowError(now_ms, "stamped before this replay guard began to remember; sign anew")


def _opening_of(carrier: Carrier) -> re.Pattern[bytes] | None:
    """Return how what a carrier carries begins, where that is always the same."""
    if not isinstance(carrier, Packed) or not carrier.prefix:
        return None
    return re.compile(opening_of(carrier, carrier.prefix.encode()))
