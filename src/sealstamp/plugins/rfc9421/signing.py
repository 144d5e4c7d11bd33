"""Signing a request: the digest of its body, Signature-Input and Signature."""

from __future__ import annotations

from binascii import b2a_base64
from typing import Final

from sealstamp.core.bodycheck import DigestCheck
from sealstamp.core.places import Place, Where
from sealstamp.core.placing import Addition, place_all
from sealstamp.core.request import Request
from sealstamp.core.runtime import body_of
from sealstamp.errors import SigningError
from sealstamp.plugins.rfc9421.algorithms import Keyed
from sealstamp.plugins.rfc9421.base import Covered
from sealstamp.plugins.rfc9421.digests import FIELD, has_body, read_digests, write_digest
from sealstamp.plugins.rfc9421.fields import lines_of
from sealstamp.plugins.rfc9421.policy import CONTENT_DIGEST, Policy
from sealstamp.plugins.structured import Bare, StructuredError, parse_dictionary, write_dictionary, write_parameters

INPUT: Final = Place(Where.HEADER, "Signature-Input")
SIGNATURE: Final = Place(Where.HEADER, "Signature")
DIGEST: Final = Place(Where.HEADER, "Content-Digest")


class RequestSigner:
    """Signs requests by one policy with one key."""

    def __init__(self, policy: Policy, access_key_id: bytes, keyed: Keyed) -> None:
        self._policy = policy
        self._keyed = keyed
        self._key_id = access_key_id.decode("utf-8", "backslashreplace")
        self._label = policy.label or "sig1"
        self._whole = Covered(policy.components)
        self._bodiless = Covered([one for one in policy.components if one.name != CONTENT_DIGEST])
        self._covers_digest = self._whole.identities != self._bodiless.identities

    def sign(self, time_ms: int | None, nonce: bytes, request: Request) -> list[Addition]:
        """Return what to add to a request. Raises SigningError, VerificationError, BodyUnavailableError."""
        digest = self._digest(request)
        if digest:
            request = place_all(request, digest)
        has_digest = not self._covers_digest or FIELD in request.header_fields[0]
        covered = self._whole if has_digest else self._bodiless
        text = covered.text + self._parameters(time_ms, nonce)
        signature = b":%b:" % b2a_base64(self._keyed.sign(covered.base(request, text)), newline=False)
        return [
            (SIGNATURE, self._beside(request, SIGNATURE, signature)),
            *digest,
            (INPUT, self._beside(request, INPUT, text)),
        ]

    def _digest(self, request: Request) -> list[Addition]:
        """Return the Content-Digest to add; one that is there already must be that of the body."""
        if not self._covers_digest:
            return []
        if FIELD in request.header_fields[0]:
            if request.body is not None:
                check = DigestCheck(read_digests(b", ".join(lines_of(request, FIELD))))
                check.update(request.body)
                check.finish()
            return []
        return [(DIGEST, write_digest(self._policy.digest, body_of(request)))] if has_body(request) else []

    def _parameters(self, time_ms: int | None, nonce: bytes) -> bytes:
        policy = self._policy
        seconds = None if time_ms is None else time_ms // 1000
        found: dict[str, Bare | None] = {
            "created": seconds,
            "expires": None
            if time_ms is None or policy.lifetime_ms is None
            else (time_ms + policy.lifetime_ms) // 1000,
            "keyid": self._key_id,
            "nonce": nonce.decode("utf-8", "backslashreplace") or None,
            "alg": self._keyed.algorithm if policy.writes_alg else None,
            "tag": policy.tag or None,
        }
        try:
            return write_parameters({name: value for name, value in found.items() if value is not None}).encode()
        except StructuredError as error:
            raise SigningError(f"a signature parameter cannot be written: {error}") from None

    def _beside(self, request: Request, place: Place, member: bytes) -> bytes:
        """Return a field with this signature in it, beside those of other labels that are there already."""
        own = self._label.encode() + b"=" + member
        if place.key not in request.header_fields[0]:
            return own
        try:
            others = parse_dictionary(b", ".join(lines_of(request, place.key)))
        except StructuredError as error:
            raise SigningError(f"the request has a {place.name} that cannot be read: {error}") from None
        others.pop(self._label, None)
        return b"%b, %b" % (write_dictionary(others).encode(), own) if others else own
