"""The functions of a scheme: what is prepared once, what when a key is bound, and what is left per request."""

from __future__ import annotations

from collections.abc import Sequence

from sealstamp.core.bodycheck import BodyCheck
from sealstamp.core.compiler import Compiled, MakeBodyCheck, Matches, Presented, Sign, Stages
from sealstamp.core.material import SHARED_STRANGER
from sealstamp.core.placing import Addition
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.errors import SignatureMismatchError
from sealstamp.plugins.rfc9421.algorithms import Keyed, keyed, strangers
from sealstamp.plugins.rfc9421.digests import body_check_of
from sealstamp.plugins.rfc9421.policy import Policy, policy_of
from sealstamp.plugins.rfc9421.presenting import (
    ALGORITHM_AT,
    BASE_AT,
    EXPECTED_AT,
    MUST_BE_EMPTY_AT,
    SIGNATURE_AT,
    Presenter,
)
from sealstamp.plugins.rfc9421.signing import RequestSigner


def compile_rfc9421(scheme: Scheme) -> Compiled:
    """Return the scheme's functions."""
    policy = policy_of(scheme)
    presenter = Presenter(scheme, policy)

    def bind(access_key_id: bytes, secret: bytes) -> tuple[Matches, Sign]:
        return _bind(policy, access_key_id, secret)

    return Compiled(presenter.present, bind, _bind_stages, reread=presenter.reread, bind_body_check=_bind_body_check)


def _bind(policy: Policy, access_key_id: bytes, secret: bytes) -> tuple[Matches, Sign]:
    is_stranger = not access_key_id and secret == SHARED_STRANGER
    key = strangers(policy) if is_stranger else keyed(policy, secret)
    signer = RequestSigner(policy, access_key_id, key)

    def sign(time_ms: int | None, nonce: bytes, _given: Sequence[bytes], request: Request) -> list[Addition]:
        return signer.sign(time_ms, nonce, request)

    return _matches(key), sign


def _matches(key: Keyed) -> Matches:
    algorithm, verify = key.algorithm, key.verify

    def matches(presented: Presented, _request: Request) -> bool:
        if presented[ALGORITHM_AT] not in ("", algorithm):
            raise SignatureMismatchError(
                f"the request says {presented[ALGORITHM_AT]!r}, and its key is for {algorithm}"
            )
        return verify(presented[BASE_AT], presented[SIGNATURE_AT])

    return matches


def _bind_stages(_access_key_id: bytes, _secret: bytes) -> Stages:
    """Return what gives the stages as they were presented: no key is needed for any but the last, which came."""
    signature_at, digest_at = 3, 4
    return lambda presented, _: (presented[digest_at], presented[BASE_AT], presented[signature_at])


def _bind_body_check(_access_key_id: bytes, _secret: bytes) -> MakeBodyCheck:
    """Return the same for every key: a digest is compared without one."""
    return _body_check


def _body_check(presented: Presented) -> BodyCheck | None:
    return body_check_of(presented[EXPECTED_AT], must_be_empty=presented[MUST_BE_EMPTY_AT])
