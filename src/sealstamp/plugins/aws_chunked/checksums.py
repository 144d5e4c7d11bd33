"""The checksums that come behind a body in chunks. They find accidents; no key is needed to make them."""

from __future__ import annotations

import hashlib
import zlib
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final


class _Crc32:
    """zlib's CRC32, with the methods of a hash."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value = 0

    def update(self, piece: bytes) -> None:
        self._value = zlib.crc32(piece, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4)


_PREFIX: Final = b"x-amz-checksum-"
_MAKERS: Final[Mapping[bytes, Callable[[], Any]]] = MappingProxyType(
    {
        _PREFIX + b"crc32": _Crc32,
        _PREFIX + b"sha1": lambda: hashlib.sha1(usedforsecurity=False),
        _PREFIX + b"sha256": hashlib.sha256,
    }
)
SIZES: Final[Mapping[bytes, int]] = MappingProxyType(
    {_PREFIX + name: size for name, size in ((b"crc32", 8), (b"crc32c", 8), (b"crc64nvme", 12), (b"sha1", 28))}
    | {_PREFIX + b"sha256": 44}
)
"""How many characters each checksum has in base64."""


class Checksums:
    """Those of ``names`` that can be computed here, over one body; CRC32C and CRC64NVME are not among them."""

    __slots__ = ("_states",)

    def __init__(self, names: tuple[bytes, ...]) -> None:
        self._states = {name: _MAKERS[name]() for name in names if name in _MAKERS}

    def update(self, piece: bytes) -> None:
        """Take the next bytes of the body, without its framing."""
        for state in self._states.values():
            state.update(piece)

    def values(self) -> dict[bytes, bytes]:
        """Return each checksum as it is sent."""
        return {name: b2a_base64(state.digest(), newline=False) for name, state in self._states.items()}
