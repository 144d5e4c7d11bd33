"""The closed table of filters: what may stand after ``|`` in a scheme.

The compiler emits a filter's ``code`` with generated names in its braces: nothing a scheme's author writes ever
becomes code. What depends only on arguments (a MAC's key schedule) is in ``prepare``; when those are known per key it
runs once per key, and ``code`` finds its result as ``{state}``. ``{mac}`` is a variable of this one use: where filters
stand inside each other, so do their codes.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from sealstamp.core.encoding import percent_decode, percent_encode
from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError


class Kind(Enum):
    """What an expression gives; both travel as bytes."""

    TEXT = "text"
    DIGEST = "raw bytes"


class Argument(Enum):
    """What a filter's argument must be."""

    HASH = "the name of a hash function"
    VALUE = "a name or a quoted text"


class Filter(Record):
    """One filter: what it takes and gives, and the code it becomes.

    ``digests`` marks those that hide their source, so that a secret may pass through them into what travels.
    """

    name: str
    takes: frozenset[Kind]
    gives: Kind
    code: str
    summary: str
    arguments: tuple[Argument, ...] = ()
    prepare: str = ""
    digests: bool = False


_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
HASHES: Final = frozenset(_HASHES)
"""The hash functions that ``hmac`` knows by name."""


def new_mac(hash_name: str, key: bytes) -> HMAC:
    """Return a MAC state that knows its key; copying it costs a third of making it (RFC 2104, section 4).

    Raises ConfigurationError where this system's cryptography refuses the hash function.
    """
    try:
        return HMAC(key, _HASHES[hash_name]())
    except UnsupportedAlgorithm:
        key = b""  # the traceback must not show it
        raise ConfigurationError(
            f"hmac:{hash_name}",
            "this system's OpenSSL refuses it",
            "allow it in its configuration, or use another scheme",
        ) from None


ANY: Final = frozenset(Kind)
TEXT: Final = frozenset({Kind.TEXT})
DIGEST: Final = frozenset({Kind.DIGEST})

_DIGESTS: Final = tuple(
    Filter(
        name,
        ANY,
        Kind.DIGEST,
        f"{name}({{source}}).digest()",
        f"the {label} digest, as raw bytes",
        digests=True,
    )
    for name, label in [
        ("md5", "MD5"),
        ("sha1", "SHA-1"),
        ("sha256", "SHA-256"),
        ("sha384", "SHA-384"),
        ("sha512", "SHA-512"),
    ]
)

_OTHERS: Final = (
    Filter(
        "hmac",
        ANY,
        Kind.DIGEST,
        "(({mac} := {state}.copy()).update({source}) or {mac}.finalize())",  # update returns None
        "the HMAC (RFC 2104) with a hash function and a key, as raw bytes: hmac:sha256,secret",
        (Argument.HASH, Argument.VALUE),
        prepare="new_mac({0}, {1})",
        digests=True,
    ),
    Filter("hex", DIGEST, Kind.TEXT, "hexlify({source})", "lower-case hexadecimal"),
    Filter("base64", ANY, Kind.TEXT, "b2a_base64({source}, newline=False)", "base64 with padding (RFC 4648, 4)"),
    Filter("base64url", ANY, Kind.TEXT, "base64url({source})", "URL-safe base64 with padding (RFC 4648, 5)"),
    Filter("upper", TEXT, Kind.TEXT, "{source}.upper()", "ASCII letters in upper case"),
    Filter("lower", TEXT, Kind.TEXT, "{source}.lower()", "ASCII letters in lower case"),
    Filter("percent_encode", TEXT, Kind.TEXT, "percent_encode({source})", "all but unreserved as %XX (RFC 3986)"),
    Filter("percent_decode", TEXT, Kind.TEXT, "percent_decode({source})", "%XX as the byte it stands for"),
)

FILTERS: Final = MappingProxyType({entry.name: entry for entry in (*_DIGESTS, *_OTHERS)})
"""Every filter by its name."""


def base64url(source: bytes) -> bytes:
    """Encode with ``-`` and ``_`` in place of ``+`` and ``/``."""
    return binascii.b2a_base64(source, newline=False).translate(bytes.maketrans(b"+/", b"-_"))


def _hash_function(name: str) -> Callable[[bytes], Any]:
    """Return the constructor of a hash function, in the form that works here and costs least.

    A system in FIPS mode refuses MD5 unless told that it is not for security, which is true of what schemes of old do
    with it. The interpreter's own MD5 is under no such policy, and on short texts takes half of OpenSSL's time.
    """
    if name == "md5":
        with suppress(ImportError):
            return import_module("_md5").md5  # type: ignore[no-any-return]
        return partial(hashlib.md5, usedforsecurity=False)
    function: Callable[[bytes], Any] = getattr(hashlib, name)
    return function


RUNTIME: Final[dict[str, Callable[..., Any]]] = {
    "b2a_base64": binascii.b2a_base64,
    "base64url": base64url,
    "hexlify": binascii.hexlify,
    "new_mac": new_mac,
    "percent_decode": percent_decode,
    "percent_encode": percent_encode,
    **{entry.name: _hash_function(entry.name) for entry in _DIGESTS},
}
"""What the filters' code calls."""
