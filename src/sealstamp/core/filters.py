"""The closed table of filters: what may stand after ``|`` in a scheme.

The compiler emits a filter's ``code`` with generated names in its braces: nothing a scheme's author writes ever
becomes code. What depends only on arguments (a MAC's key schedule) is in ``prepare``; when those are known per key it
runs once per key, and ``code`` finds its result as ``{state}``. ``{mac}`` is a variable of this one use: where filters
stand inside each other, so do their codes.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache, partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from sealstamp.core import fieldlists
from sealstamp.core.encoding import percent_decode, percent_encode
from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError, MalformedCredentialsError


class Kind(Enum):
    """What an expression gives; both travel as bytes."""

    TEXT = "text"
    DIGEST = "raw bytes"
    FIELDS = "a list of names and values"


class Argument(Enum):
    """What a filter's argument must be."""

    HASH = "the name of a hash function"
    ALGORITHM = "the name of a signature algorithm"
    VALUE = "a name or a quoted text"
    NUMBER = "a number"
    FIELDS = "the name of a list"


class Filter(Record):
    """One filter: what it takes and gives, and the code it becomes.

    The last ``optional`` arguments may be left out; if the filter ``repeats``, its last argument may come again.
    ``prepare`` makes of the arguments what is kept per key; where they differ per request, ``at_once`` is the code.
    ``digests`` marks those that hide their source, so that a secret may pass through them into what travels.
    """

    name: str
    takes: frozenset[Kind]
    gives: Kind
    code: str
    summary: str
    arguments: tuple[Argument, ...] = ()
    optional: int = 0
    repeats: bool = False
    prepare: str = ""
    at_once: str = ""
    digests: bool = False


_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sm3": hashes.SM3,
}
_AT_ONCE: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Those that the interpreter's OpenSSL has wherever it is."""
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
        raise _refused(f"hmac:{hash_name}") from None


def mac_at_once(hash_name: str, key: bytes, source: bytes) -> bytes:
    """Return a MAC whose key is used this once; half the cost of a state. Raises ConfigurationError as ``new_mac``."""
    if hash_name in _AT_ONCE:
        return hmac.digest(key, source, hash_name)
    state = new_mac(hash_name, key)
    state.update(source)
    return state.finalize()


def sm3(source: bytes) -> bytes:
    """Return the SM3 digest. Raises ConfigurationError where this system's cryptography does not have it."""
    try:
        state = hashes.Hash(hashes.SM3())  # not hashlib's: many builds of OpenSSL leave it out, the wheels do not
    except UnsupportedAlgorithm:
        source = b""  # the secret may be in it
        raise _refused("sm3") from None
    state.update(source)
    return state.finalize()


def _refused(place: str) -> ConfigurationError:
    hint = "allow it in its configuration, or use another scheme"
    return ConfigurationError(place, "this system's OpenSSL refuses it", hint)


ANY: Final = frozenset({Kind.TEXT, Kind.DIGEST})
TEXT: Final = frozenset({Kind.TEXT})
DIGEST: Final = frozenset({Kind.DIGEST})
FIELDS: Final = frozenset({Kind.FIELDS})

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
        at_once="mac_at_once({0}, {1}, {source})",
        digests=True,
    ),
    Filter(
        "sign",
        ANY,
        Kind.DIGEST,
        "{state}({source})",
        "the signature with the private key of a pair, as raw bytes, at the end of a signature: sign:ed25519,secret",
        (Argument.ALGORITHM, Argument.VALUE),
        prepare="signer_for({0}, key)",
        digests=True,
    ),
    Filter("sm3", ANY, Kind.DIGEST, "sm3({source})", "the SM3 digest, as raw bytes", digests=True),
    Filter("hex", DIGEST, Kind.TEXT, "hexlify({source})", "lower-case hexadecimal"),
    Filter("base64", ANY, Kind.TEXT, "b2a_base64({source}, newline=False)", "base64 with padding (RFC 4648, 4)"),
    Filter("base64url", ANY, Kind.TEXT, "base64url({source})", "URL-safe base64 with padding (RFC 4648, 5)"),
    Filter("upper", TEXT, Kind.TEXT, "{source}.upper()", "ASCII letters in upper case"),
    Filter("lower", TEXT, Kind.TEXT, "{source}.lower()", "ASCII letters in lower case"),
    Filter(
        "percent_encode",
        TEXT,
        Kind.TEXT,
        "percent_encode({source}, {arguments})",
        "all but unreserved characters, and those given, as %XX (RFC 3986): percent_encode:'/'",
        (Argument.VALUE,),
        optional=1,
    ),
    Filter("percent_decode", TEXT, Kind.TEXT, "percent_decode({source})", "%XX as the byte it stands for"),
    Filter("unbase64", TEXT, Kind.DIGEST, "unbase64({source})", "the raw bytes that base64 stands for"),
    Filter("unbase64url", TEXT, Kind.DIGEST, "unbase64url({source})", "the raw bytes that URL-safe base64 stands for"),
    Filter(
        "slice",
        TEXT,
        Kind.TEXT,
        "slice_text({source}, {arguments})",
        "from one position up to another: slice:0,8",
        (Argument.NUMBER, Argument.NUMBER),
    ),
    Filter("or", TEXT, Kind.TEXT, "({source} or {arguments})", "this, or if it is empty that", (Argument.VALUE,)),
    Filter(
        "after_if_any",
        TEXT,
        Kind.TEXT,
        "put_after({source}, {arguments})",
        "a text and then this; nothing if this is empty: after_if_any:'?'",
        (Argument.VALUE,),
    ),
    Filter(
        "without_prefix",
        TEXT,
        Kind.TEXT,
        "{source}.removeprefix({arguments})",
        "without a text at its beginning",
        (Argument.VALUE,),
    ),
    Filter(
        "date",
        TEXT,
        Kind.TEXT,
        "write_date({read_time}, {source}, {arguments})",
        "the time, written as strftime does, in UTC: date:'%Y%m%d'",
        (Argument.VALUE,),
    ),
    Filter("media_type", TEXT, Kind.TEXT, "media_type({source})", "a Content-Type without parameters, in lower case"),
    Filter("normalise_path", TEXT, Kind.TEXT, "normalise_path({source})", "without dot segments and doubled slashes"),
    Filter("end_slash", TEXT, Kind.TEXT, "end_slash({source})", "with a slash at its end"),
    Filter("bucket_slash", TEXT, Kind.TEXT, "bucket_slash({source})", "a path of one segment with a slash at its end"),
)


def _of_fields(
    name: str, gives: Kind, summary: str, *arguments: Argument, optional: int = 0, repeats: bool = False
) -> Filter:
    code = f"{name}({{source}}, {{arguments}})" if arguments else f"{name}({{source}})"
    return Filter(name, FIELDS, gives, code, summary, arguments, optional=optional, repeats=repeats)


_LISTS: Final = (
    _of_fields("lower_names", Kind.FIELDS, "names in lower case"),
    _of_fields("lower_values", Kind.FIELDS, "values in lower case"),
    _of_fields("title_names", Kind.FIELDS, "names as X-Some-Name"),
    _of_fields("trim", Kind.FIELDS, "values without white space at their ends"),
    _of_fields("squeeze", Kind.FIELDS, "values trimmed, runs of white space as one space"),
    _of_fields("nonempty", Kind.FIELDS, "without fields that have no value"),
    _of_fields("dedupe", Kind.FIELDS, "without fields that are there already"),
    _of_fields("merge", Kind.FIELDS, "values of one name joined: merge:','", Argument.VALUE),
    _of_fields(
        "only", Kind.FIELDS, "the fields a list names, in its order: only:signed,';'", Argument.VALUE, Argument.VALUE
    ),
    _of_fields(
        "listed",
        Kind.FIELDS,
        "the same, but names as the list writes them: listed:signed,','",
        Argument.VALUE,
        Argument.VALUE,
    ),
    _of_fields("match", Kind.FIELDS, "the fields whose names fit: match:'x-amz-*'", Argument.VALUE, repeats=True),
    _of_fields("drop", Kind.FIELDS, "without the fields whose names fit: drop:'sign'", Argument.VALUE, repeats=True),
    _of_fields("encode_each", Kind.FIELDS, "names and values percent-encoded"),
    _of_fields(
        "escape_each",
        Kind.FIELDS,
        "some characters of names, and some of values, as %XX: escape_each:'%=&','%&'",
        Argument.VALUE,
        Argument.VALUE,
    ),
    _of_fields(
        "json_lists", Kind.FIELDS, "fields called name[] as one called name at the end, a JSON list of their values"
    ),
    Filter("sort", FIELDS, Kind.FIELDS, "sorted({source})", "sorted by name, then value, as bytes"),
    _of_fields("sort_names", Kind.FIELDS, "sorted by name; fields of one name as they came"),
    _of_fields(
        "sort_written", Kind.FIELDS, "sorted as they are written, with a text between: sort_written:'='", Argument.VALUE
    ),
    _of_fields("add", Kind.FIELDS, "with one more field: add:'x-digest',body_digest", Argument.VALUE, Argument.VALUE),
    Filter("plus", FIELDS, Kind.FIELDS, "({source} + {arguments})", "with another list after it", (Argument.FIELDS,)),
    _of_fields(
        "join",
        Kind.TEXT,
        "names and values as text: what is between them, between fields, and after the last: join:'=','&'",
        Argument.VALUE,
        Argument.VALUE,
        Argument.VALUE,
        optional=1,
    ),
    _of_fields(
        "join_bare",
        Kind.TEXT,
        "names and values as text, the name alone where the value is empty: join_bare:'=','&'",
        Argument.VALUE,
        Argument.VALUE,
    ),
    _of_fields("names", Kind.TEXT, "the names as text: names:';'", Argument.VALUE),
    _of_fields("values", Kind.TEXT, "the values as text: values:';'", Argument.VALUE),
)

FILTERS: Final = MappingProxyType({entry.name: entry for entry in (*_DIGESTS, *_OTHERS, *_LISTS)})
"""Every filter by its name."""


def unbase64(source: bytes) -> bytes:
    """Decode base64, strictly. Raises MalformedCredentialsError."""
    try:
        return binascii.a2b_base64(source, strict_mode=True)
    except binascii.Error:
        raise MalformedCredentialsError("a value is not base64") from None


def unbase64url(source: bytes) -> bytes:
    """Decode URL-safe base64, padded or not. Raises MalformedCredentialsError."""
    return unbase64(source.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(source) % 4))


def slice_text(source: bytes, start: bytes, stop: bytes) -> bytes:
    """Return what is between two positions, which come as digits."""
    return source[int(start) : int(stop)]


def put_after(source: bytes, text: bytes) -> bytes:
    """Return ``text`` and then the source, or nothing if the source is empty."""
    return text + source if source else b""


def end_slash(source: bytes) -> bytes:
    """Return the path with a slash at its end."""
    return source if source.endswith(b"/") else source + b"/"


def bucket_slash(source: bytes) -> bytes:
    """Return a path, with a slash at its end if it is one segment: a bucket's, and no object's."""
    return source if b"/" in source[1:] else end_slash(source)


def media_type(source: bytes) -> bytes:
    """Return a Content-Type's type and subtype in lower case, without parameters and white space."""
    return source.partition(b";")[0].strip().lower()


def normalise_path(source: bytes) -> bytes:
    """Resolve dot segments and merge slashes (RFC 3986, section 5.2.4, and what AWS does beyond)."""
    if _PLAIN_PATH(source):
        return source
    kept: list[bytes] = []
    for segment in source.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    tail = b"/" if kept and source.endswith((b"/", b"/.", b"/..")) else b""
    return b"/" + b"/".join(kept) + tail


def encoded_path(source: bytes) -> bytes:
    """Return ``percent_encode(normalise_path(…), b"/")``."""
    is_plain = source == b"/" or _PLAIN_PATH(source)
    return source if is_plain else percent_encode(normalise_path(source), b"/")


_PLAIN_PATH: Final = re.compile(rb"/(?:[\w~-][\w.~-]*+/)*+(?:[\w~-][\w.~-]*+)?+", re.ASCII).fullmatch
"""What matches segments that are not empty, do not begin with a dot and need no encoding."""


@lru_cache(maxsize=64)  # requests of one second say the same
def write_date(read_time: Callable[[bytes], int], source: bytes, layout: bytes) -> bytes:
    """Write a time, given as the scheme writes it, in another layout. Raises MalformedCredentialsError."""
    try:
        return _written(read_time(source) // 1000, layout)
    except (ValueError, OverflowError, OSError):
        raise MalformedCredentialsError("the time is not written as the scheme says") from None


@lru_cache(maxsize=64)  # requests of one second ask for the same
def _written(seconds: int, layout: bytes) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime(layout.decode()).encode()


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
    "mac_at_once": mac_at_once,
    "new_mac": new_mac,
    "encoded_path": encoded_path,
    "end_slash": end_slash,
    "bucket_slash": bucket_slash,
    "media_type": media_type,
    "normalise_path": normalise_path,
    "percent_decode": percent_decode,
    "percent_encode": percent_encode,
    "put_after": put_after,
    "slice_text": slice_text,
    "sm3": sm3,
    "sorted": sorted,
    "unbase64": unbase64,
    "unbase64url": unbase64url,
    "write_date": write_date,
    **{entry.name: getattr(fieldlists, entry.name) for entry in _LISTS if hasattr(fieldlists, entry.name)},
    **{entry.name: _hash_function(entry.name) for entry in _DIGESTS},
}
"""What the filters' code calls."""
