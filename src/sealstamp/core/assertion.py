"""Signed assertions of who called: what an application checks so as to know that Sealstamp has told it.

An assertion is a JSON Web Token (RFC 7519), so that any language has a checker for it. It is for one API, and good for
a short while. It says nothing of the request: whoever can read one can show it with another request until it ends.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable
from typing import Any, Final

from sealstamp.core.asymmetric import is_key_text, is_private, load_key, signer_of, verifier_of
from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError, InvalidAssertionError

ISSUER: Final = "sealstamp"
SHORTEST_SECRET: Final = 32
"""Bytes of a shared secret (RFC 7518, section 3.2)."""
_LONGEST: Final = 4_096
_HMAC, _ED25519 = "HS256", "EdDSA"
_PLACE = "assertion key"


class Assertion(Record):
    """What an assertion says; ``issued_s`` and ``expires_s`` are Unix seconds."""

    consumer: str
    access_key_id: str
    scheme: str
    api: str
    issued_s: int
    expires_s: int


class AssertionSigner:
    """Writes assertions with a shared secret or a private key of Ed25519, whichever ``key`` is.

    A secret is taken as it is written, without spaces around it. Raises ConfigurationError, which shows nothing of it.
    """

    def __init__(self, key: bytes) -> None:
        key = key.strip()
        algorithm, self._sign = _signing(key)
        self._head = _encoded(json.dumps({"alg": algorithm, "typ": "JWT"}, separators=(",", ":")).encode())

    def write(self, said: Assertion) -> bytes:
        """Return the token."""
        claims = {
            "iss": ISSUER,
            "aud": said.api,
            "sub": said.consumer,
            "access_key_id": said.access_key_id,
            "scheme": said.scheme,
            "iat": said.issued_s,
            "exp": said.expires_s,
        }
        signed = self._head + b"." + _encoded(json.dumps(claims, separators=(",", ":")).encode())
        return signed + b"." + _encoded(self._sign(signed))


def check_assertion(token: str | bytes, key: str | bytes, *, api: str, now_s: int) -> Assertion:
    """Return what an assertion says, if it is signed with ``key``, for ``api``, and good at ``now_s``, Unix seconds.

    ``key`` is the shared secret, or the public key of Ed25519 in PEM; it alone decides how the token must be signed.
    Raises InvalidAssertionError for a token, and ConfigurationError for a key.
    """
    algorithm, verify = _verifying(_bytes(key).strip())
    said = _read(_bytes(token), algorithm, verify)
    if said.api != api:
        raise InvalidAssertionError("the assertion is for another API")
    if not said.issued_s - 60 <= now_s < said.expires_s:
        raise InvalidAssertionError("the assertion is not good at this time")
    return said


def _read(token: bytes, algorithm: str, verify: Callable[[bytes, bytes], bool]) -> Assertion:
    parts = token.split(b".") if len(token) <= _LONGEST else []
    if len(parts) != 3:
        raise InvalidAssertionError("this is no assertion")
    try:
        head, claims, signature = map(_decoded, parts)
    except (ValueError, Error):
        raise InvalidAssertionError("this is no assertion") from None
    if not verify(parts[0] + b"." + parts[1], signature):
        raise InvalidAssertionError("the assertion is not signed with this key")
    return _said(_object(head), _object(claims), algorithm)


def _said(head: dict[str, Any], claims: dict[str, Any], algorithm: str) -> Assertion:
    """Take what a signed token says; even a right signature may be of another issuer's token."""
    texts: list[Any] = [claims.get(name) for name in ("sub", "access_key_id", "scheme", "aud")]
    times: list[Any] = [claims.get(name) for name in ("iat", "exp")]
    is_ours = head.get("alg") == algorithm and "crit" not in head and claims.get("iss") == ISSUER
    if not (is_ours and all(type(text) is str for text in texts) and all(type(time) is int for time in times)):
        raise InvalidAssertionError("the assertion is not one of Sealstamp's")
    return Assertion(*texts, *times)


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidAssertionError("this is no assertion")
    return value


def _signing(key: bytes) -> tuple[str, Callable[[bytes], bytes]]:
    if is_key_text(key):
        private = load_key(key)
        if not is_private(private):
            raise ConfigurationError(_PLACE, "a public key cannot sign", "give the private key of the pair")
        return _ED25519, signer_of("ed25519", private)
    _check_secret(key)
    return _HMAC, lambda text: hmac.digest(key, text, "sha256")


def _verifying(key: bytes) -> tuple[str, Callable[[bytes, bytes], bool]]:
    if is_key_text(key):
        return _ED25519, verifier_of("ed25519", load_key(key))
    _check_secret(key)
    return _HMAC, lambda text, signature: hmac.compare_digest(hmac.digest(key, text, "sha256"), signature)


def _check_secret(key: bytes) -> None:
    if len(key) < SHORTEST_SECRET:
        hint = "openssl rand -base64 32 makes one; or give a private key of Ed25519 in PEM"
        raise ConfigurationError(_PLACE, f"a shared secret has at least {SHORTEST_SECRET} bytes", hint)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Read base64url without padding (RFC 7515, section 2). Raises ValueError for any other spelling."""
    raw = urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    if _encoded(raw) != text:
        raise ValueError("not base64url")
    return raw
