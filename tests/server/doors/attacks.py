"""The attacks, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.server.doors.signed import HOST, Lines, Message


@dataclass(frozen=True)
class Attack:
    """Headers that a client sends beside its own."""

    name: str
    lines: tuple[tuple[bytes, bytes], ...]


def _describing(prefix: bytes, mark: bytes) -> tuple[tuple[bytes, bytes], ...]:
    values = {b"Method": b"GET", b"Uri": b"/open/a", b"URI": b"/open/a", b"Host": HOST, b"Proto": b"https"}
    return tuple((mark.join((b"X", prefix, name)), value) for name, value in values.items() if name != b"URI")


ATTACKS = (
    Attack("forged X-Forwarded", _describing(b"Forwarded", b"-")),
    Attack("forged X_Forwarded", _describing(b"Forwarded", b"_")),
    Attack("forged X.Forwarded", _describing(b"Forwarded", b".")),
    Attack("forged X-Original", ((b"X-Original-Method", b"GET"), (b"X-Original-URI", b"/open/a"))),
    Attack("forged X_Original", ((b"X_Original_Method", b"GET"), (b"X_Original_URI", b"/open/a"))),
    Attack("forged X-Decide-Api", ((b"X-Decide-Api", b"open"),)),
    Attack("forged Envoy headers", ((b"X-Envoy-Original-Path", b"/open/a"), (b"X-Envoy-Original-Method", b"GET"))),
    Attack("X-Rewrite-URL", ((b"X-Rewrite-URL", b"/open/a"), (b"X-Original-URL", b"/open/a"))),
    Attack("method overridden", ((b"X-HTTP-Method-Override", b"OPTIONS"), (b"X-Method-Override", b"OPTIONS"))),
)
FORGED_IDENTITIES = (
    b"X-Sealstamp-Consumer",
    b"x-sealstamp-consumer",
    b"X_Sealstamp_Consumer",
    b"X.Sealstamp.Consumer",
    b"X-Sealstamp_Consumer",
    b"X_Sealstamp-Consumer",
    b"X_SEALSTAMP_CONSUMER",
    b"X_Sealstamp_Body",
)
PATHS = (
    b"/shop/a",
    b"//shop/a",
    b"/./shop/a",
    b"/open/../shop/a",
    b"/open/%2e%2e/shop/a",
    b"/open/..%2fshop/a",
    b"/open%2f..%2fshop/a",
    b"/open/..;/shop/a",
    b"/open\\..\\shop\\a",
    b"/%73hop/a",
    b"/shop%2fa",
    b"/shop;x/a",
    b"/SHOP/a",
    b"/shop/../open/a",
    b"/shop/..%2fopen/a",
    b"/shop/%2e%2e/open/a",
    b"/shop/..;/open/a",
    b"/open/a",
)

SMUGGLED = b"/shop/smuggled"
_HIDDEN = b"GET %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % (SMUGGLED, HOST)


def _with(lines: Lines, body: bytes) -> Callable[[Message], bytes]:
    return lambda outer: outer.adding(*lines).raw() + body


def _length_of(size: int) -> Lines:
    return [(b"Content-Length", b"%d" % size)]


_CHUNKED = (b"Transfer-Encoding", b"chunked")
_ENDED = b"0\r\n\r\n" + _HIDDEN
_IN_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_HIDDEN), _HIDDEN)
SMUGGLING: Mapping[str, Callable[[Message], bytes]] = MappingProxyType(
    {
        "a length, then chunks": _with([*_length_of(len(_ENDED)), _CHUNKED], _ENDED),
        "chunks, then a length": _with(
            [_CHUNKED, *_length_of(4)], b"%x\r\n" % len(_HIDDEN) + _HIDDEN + b"\r\n0\r\n\r\n"
        ),
        "two lengths": _with([*_length_of(0), *_length_of(len(_HIDDEN))], _HIDDEN),
        "two lengths in one": _with([(b"Content-Length", b"0, %d" % len(_HIDDEN))], _HIDDEN),
        "a length with a sign": _with([(b"Content-Length", b"+%d" % len(_HIDDEN))], _HIDDEN),
        "a length that is none": _with([(b"Content-Length", b"0x10")], _HIDDEN),
        "chunked, misspelt": _with([*_length_of(len(_ENDED)), (b"Transfer-Encoding", b"xchunked")], _ENDED),
        "chunked, twice": _with([*_length_of(len(_ENDED)), _CHUNKED, (b"Transfer-Encoding", b"identity")], _ENDED),
        "a space before the colon": _with([*_length_of(len(_ENDED)), (b"Transfer-Encoding ", b"chunked")], _ENDED),
        "a folded line": _with([*_length_of(len(_ENDED)), (b"Transfer-Encoding", b"\r\n chunked")], _ENDED),
        "an underscore": _with([*_length_of(len(_ENDED)), (b"Transfer_Encoding", b"chunked")], _ENDED),
        "a bare line end": _with([*_length_of(len(_ENDED)), (b"X-A", b"b\nTransfer-Encoding: chunked")], _ENDED),
        "a bare carriage return": _with([*_length_of(len(_ENDED)), (b"X-A", b"b\rTransfer-Encoding: chunked")], _ENDED),
        "a chunk with a bare line end": _with([_CHUNKED], b"0\n\n" + _HIDDEN),
        "a size that is too large": _with([_CHUNKED], b"10000000000000000\r\n" + _HIDDEN),
    }
)
"""Bytes that look like one request to one reader, and like two to another."""
