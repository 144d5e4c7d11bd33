"""Content-Digest (RFC 9530): written by a signer, compared with the body by a verifier.

Where the body comes later, as a stream, the comparison does too: what was signed is kept as a list of expected digests.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.bodycheck import BodyCheck, BodyDigest, DigestCheck
from sealstamp.core.request import Request
from sealstamp.core.tree import Apply, Atom, Part
from sealstamp.errors import DigestMismatchError, MalformedCredentialsError
from sealstamp.plugins.structured import InnerList, StructuredError, parse_dictionary

FIELD: Final = b"content-digest"
HASHES: Final[Mapping[str, str]] = MappingProxyType({"sha-256": "sha256", "sha-512": "sha512"})
"""The algorithms that RFC 9530 calls secure, and their names here; others are left alone."""


_DIGESTS: Final[Mapping[str, BodyDigest]] = MappingProxyType(
    {
        name: BodyDigest(f"Content-Digest {name}", own, Apply("base64", Apply(own, Atom(Part.BODY))))
        for name, own in HASHES.items()
    }
)
_SHA_256, _SHA_512 = _DIGESTS["sha-256"], _DIGESTS["sha-512"]
_SIZES: Final = {"sha-256": 32, "sha-512": 64}
_USUAL = re.compile(rb"[ \t]*+(?:(sha-256)=:([A-Za-z0-9+/]{43}=):|(sha-512)=:([A-Za-z0-9+/]{86}==):)[ \t]*+")
"""One digest of the right length, whose base64 can be compared as it stands."""

Expected = tuple[tuple[BodyDigest, bytes], ...]
"""Each digest that a body must have."""


def write_digest(algorithm: str, body: bytes) -> bytes:
    """Return a Content-Digest of a body."""
    digest = hashlib.new(HASHES[algorithm], body).digest()
    return b"%b=:%b:" % (algorithm.encode(), b2a_base64(digest, newline=False))


def read_digests(text: bytes) -> Expected:
    """Return the digests of a field that can be checked. Raises MalformedCredentialsError for one that is no digest."""
    if usual := _USUAL.fullmatch(text):
        return ((_SHA_256, usual[2]),) if usual[1] else ((_SHA_512, usual[4]),)
    return _read_any(text)


def _read_any(text: bytes) -> Expected:
    try:
        members = parse_dictionary(text)
    except StructuredError as error:
        raise MalformedCredentialsError(f"Content-Digest cannot be read: {error}") from None
    found = []
    for name, member in members.items():
        if name in HASHES:
            if isinstance(member, InnerList) or type(member.value) is not bytes:
                raise MalformedCredentialsError(f"Content-Digest has no bytes for {name}")
            found.append((_DIGESTS[name], _checked(name, member.value)))
    return tuple(found)


def _checked(name: str, digest: bytes) -> bytes:
    if len(digest) != _SIZES[name]:
        raise MalformedCredentialsError(f"Content-Digest is not as long as {name} is")
    return b2a_base64(digest, newline=False)


def has_body(request: Request) -> bool:
    """Tell whether a request has a body; where nobody has read it, its head tells."""
    if request.body is not None:
        return bool(request.body)
    return request.header(b"content-length").strip(b" \t0") != b"" or b"transfer-encoding" in request.header_fields[0]


class NoBody:
    """Lets no byte through, where a digest had to be signed if there is a body, and none was."""

    def update(self, piece: bytes) -> bytes:
        """Refuse any bytes. Raises DigestMismatchError."""
        if piece:
            raise DigestMismatchError("a body came, and no digest of it was signed")
        return b""

    def finish(self) -> bytes:
        """Return nothing, for nothing came."""
        return b""

    def expected(self) -> dict[str, bytes]:
        """Return the digest of nothing."""
        return {"sha256": hashlib.sha256().digest()}


def body_check_of(expected: Expected | None, *, must_be_empty: bool) -> BodyCheck | None:
    """Return what compares a body with what was signed of it; None where nothing was, nor had to be."""
    if expected:
        return DigestCheck(expected, have_their_length=True)
    return NoBody() if must_be_empty else None
