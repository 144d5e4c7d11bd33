"""From a key to the functions that sign and verify (RFC 9421, section 3.3). The key decides, never the request.

A key fits algorithms of one family, and takes the first of the allowed ones that fits it: what is signed by an
algorithm is verified by that algorithm alone. A PEM text is never the key of a MAC.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from sealstamp.core.asymmetric import is_key_text, is_private, load_key, misfit, signer_of, stranger_key, verifier_of
from sealstamp.core.filters import new_mac
from sealstamp.core.material import MisfitError
from sealstamp.errors import ConfigurationError, SigningError
from sealstamp.plugins.rfc9421.policy import Policy

HMAC: Final = "hmac-sha256"


class Keyed(NamedTuple):
    """One key's algorithm and functions; ``sign`` raises SigningError where the key cannot."""

    algorithm: str
    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes], bool]


def keyed(policy: Policy, secret: bytes) -> Keyed:
    """Make a key ready. Raises MisfitError for one that no allowed algorithm takes."""
    if HMAC in policy.algorithms and not is_key_text(secret):
        return _shared(secret, is_base64=policy.secret_is_base64)
    try:
        key = load_key(secret)
    except ConfigurationError as error:
        raise MisfitError("its secret", error.problem, error.hint) from None
    pairs = [algorithm for algorithm in policy.algorithms if algorithm != HMAC]
    fitting = [algorithm for algorithm in pairs if not misfit(algorithm, key)]
    if not fitting:
        problems = [misfit(algorithm, key) or "" for algorithm in pairs] or ["it is a key of a pair"]
        raise MisfitError("its secret", "; ".join(problems), "allow its algorithm by the parameter algorithms")
    sign = signer_of(fitting[0], key) if is_private(key) else _cannot_sign
    return Keyed(fitting[0], sign, verifier_of(fitting[0], key))


def _shared(secret: bytes, *, is_base64: bool) -> Keyed:
    if is_base64:
        secret = _decoded(secret)
    state = new_mac("sha256", secret)

    def sign(base: bytes) -> bytes:
        mac = state.copy()
        mac.update(base)
        return mac.finalize()

    return Keyed(HMAC, sign, lambda base, signature: hmac.compare_digest(sign(base), signature))


def _decoded(secret: bytes) -> bytes:
    try:
        return binascii.a2b_base64(secret, strict_mode=True)
    except binascii.Error:
        secret = b""  # the traceback must not show it
        hint = "set the parameter secret_form to text, or give it in base64"
        raise MisfitError("its secret", "it is not base64", hint) from None


def _cannot_sign(_base: bytes) -> NoReturn:
    raise SigningError("a public key cannot sign; give the private key of the pair")


def strangers(policy: Policy) -> Keyed:
    """Return what stands for an unknown key: it takes the time of the first algorithm allowed, and is never right."""
    first = policy.algorithms[0]
    if first == HMAC:
        verify = _shared(b"nobody has this", is_base64=False).verify
    else:
        verify = verifier_of(first, stranger_key(first))
    return Keyed(first, _cannot_sign, lambda base, signature: verify(base, signature) & False)
