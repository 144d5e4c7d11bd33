"""What a door that saw no body tells of it, and the check that an application makes of that.

It is an item of structured fields (RFC 9651): ``unchecked``, with the signed digests as its parameters, named as
RFC 9530 names them: ``unchecked;sha-256=:47DEQ…:``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.errors import DigestMismatchError

UNCHECKED: Final = b"unchecked"
_NAMES: Final = MappingProxyType({"md5": "md5", "sha1": "sha", "sha256": "sha-256", "sha512": "sha-512"})
_HASHES: Final = MappingProxyType({name: hash_name for hash_name, name in _NAMES.items()})
_PARAMETER = re.compile(r";([a-z0-9-]+)=:([A-Za-z0-9+/]+=*):")


def tell_unchecked(expected: Mapping[str, bytes]) -> bytes:
    """Return what is told of a body that must have these digests, raw, by hash; those without a name are left out."""
    told = [
        b";%b=:%b:" % (_NAMES[name].encode(), b2a_base64(digest, newline=False))
        for name, digest in expected.items()
        if name in _NAMES
    ]
    return UNCHECKED + b"".join(told)


class BodyChecker:
    """Compares a body with what ``X-Sealstamp-Body`` tells of it; ``told`` is that header, empty if there is none.

    Then there is nothing to compare: the body was checked at the door, or its digest is not signed.
    """

    def __init__(self, told: str) -> None:
        self._is_unchecked = bool(told)
        self._expected = dict(_read(told))
        self._states = {name: hashlib.new(name, usedforsecurity=False) for name in self._expected}

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        for state in self._states.values():
            state.update(piece)

    def finish(self) -> None:
        """Raise DigestMismatchError unless the body was the signed one, or if nothing is told to know it by."""
        if self._is_unchecked and not self._expected:
            raise DigestMismatchError("the door told no digest that can be compared with the body")
        wrong = [
            name
            for name, digest in self._expected.items()
            if not hmac.compare_digest(digest, self._states[name].digest())
        ]
        if wrong:
            raise DigestMismatchError(f"the signed digest is not that of the body which came: {', '.join(wrong)}")


def _read(told: str) -> list[tuple[str, bytes]]:
    """Return the digests that are told, by hash. Raises DigestMismatchError for what no door tells."""
    told = told.strip()
    rest = told.removeprefix(UNCHECKED.decode())
    found = _PARAMETER.findall(rest)
    is_whole = "".join(f";{name}=:{text}:" for name, text in found) == rest
    if told and (rest == told or not is_whole or any(name not in _HASHES for name, _ in found)):
        raise DigestMismatchError("what is told of the body cannot be read")
    try:
        return [(_HASHES[name], a2b_base64(text)) for name, text in found]
    except ValueError:
        raise DigestMismatchError("what is told of the body cannot be read") from None
