r"""A framed body, checked while it streams by.

::

    400;chunk-signature=<64 hexadecimal digits>\r\n  1,024 bytes  \r\n
    0;chunk-signature=<64 hexadecimal digits>\r\n
    x-amz-checksum-crc32:AAAAAA==\r\n                       where a trailer was announced
    x-amz-trailer-signature:<64 hexadecimal digits>\r\n     where chunks are signed, too
    \r\n

Bytes go on as they came. Those of a signed chunk do when its signature is right, so at most one chunk is held; unsigned
ones do at once. The byte that came last never does before another comes, or a body that is cut off could look whole;
what ends the body goes on last of all, when everything is right.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NoReturn

from sealstamp.errors import DigestMismatchError
from sealstamp.plugins.aws_chunked.checksums import Checksums
from sealstamp.plugins.aws_chunked.heads import Head
from sealstamp.plugins.aws_chunked.signatures import EMPTY, Chain

TRAILER_SIGNATURE: Final = b"x-amz-trailer-signature"
MAX_LINE: Final = 512
"""A longer line of the framing is refused."""
_SIGNED_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16});chunk-signature=([0-9a-f]{64})")
_UNSIGNED_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})()")


class ChunkCheck:
    """Checks one body. Every method raises DigestMismatchError for bytes that are not the signed ones."""

    __slots__ = (
        *("_chain", "_checksums", "_digest", "_head", "_held", "_largest", "_left", "_line", "_on_line", "_ready"),
        *("_signature", "_step", "_total", "_trailers", "_whole"),
    )

    def __init__(self, head: Head, chain: Chain, largest: int) -> None:
        self._head = head
        self._chain = chain
        self._largest = largest
        self._checksums = Checksums(head.trailers)
        self._digest = sha256()
        self._held = bytearray()
        self._ready = bytearray()
        self._line = bytearray()
        self._left = self._total = 0
        self._signature = b""
        self._trailers: dict[bytes, bytes] = {}
        self._whole = False
        self._step: Callable[[bytes, int], int] = self._read_line
        self._on_line: Callable[[bytes], None] = self._begin_chunk

    def update(self, piece: bytes) -> bytes:
        """Take the next bytes, and return those that may go on."""
        at = 0
        while at < len(piece):
            at = self._step(piece, at)
        end = len(self._ready) if self._held else max(len(self._ready) - 1, 0)
        ready, self._ready = bytes(self._ready[:end]), self._ready[end:]
        return ready

    def finish(self) -> bytes:
        """Return the end of a body that is whole."""
        if not self._whole:
            _refuse("it ended before its last chunk")
        return bytes(self._ready + self._held)

    # bytes

    def expected(self) -> dict[str, bytes]:
        """Return nothing: what is signed are the chunks, each with the one before it."""
        return {}

    def _read_line(self, piece: bytes, at: int) -> int:
        """Take bytes up to a line feed; with it, the line is whole."""
        if self._whole:
            _refuse("bytes follow its end")
        found = piece.find(b"\n", at, at + MAX_LINE)
        end = min(len(piece), at + MAX_LINE) if found < 0 else found + 1
        self._line += piece[at:end]
        self._held += piece[at:end]
        if len(self._line) > MAX_LINE:
            _refuse("a line of its framing is too long")
        if found >= 0:
            line, self._line = bytes(self._line), bytearray()
            self._on_line(line)
        return end

    def _read_data(self, piece: bytes, at: int) -> int:
        """Take bytes of a chunk."""
        data = piece[at : at + self._left]
        self._held += data
        self._left -= len(data)
        self._checksums.update(data)
        if self._head.mode.signed:
            self._digest.update(data)
        else:
            self._let_go()
        if not self._left:
            self._step = self._read_line
        return at + len(data)

    def _let_go(self) -> None:
        self._ready += self._held
        self._held = bytearray()

    # lines

    def _begin_chunk(self, line: bytes) -> None:
        form = _SIGNED_CHUNK if self._head.mode.signed else _UNSIGNED_CHUNK
        found = form.fullmatch(_without_end(line))
        if found is None:
            _refuse("a chunk does not begin as it must")
        size, self._signature = int(found[1], 16), found[2]
        self._total += size
        if self._total > self._head.length:
            _refuse("it is longer than x-amz-decoded-content-length")
        if self._head.mode.signed and size > self._largest:
            _refuse(f"a chunk has {size} bytes, and at most {self._largest} are taken")
        if size:
            self._left, self._step, self._on_line = size, self._read_data, self._end_chunk
        else:
            self._begin_end()

    def _end_chunk(self, line: bytes) -> None:
        if line != b"\r\n":
            _refuse("a chunk does not end where it must")
        if self._head.mode.signed:
            self._compare(self._chain.chunk(self._digest.hexdigest().encode()), "the signature of a chunk")
            self._digest = sha256()
        self._let_go()
        self._on_line = self._begin_chunk

    def _begin_end(self) -> None:
        """Check the chunk without bytes, which is the last."""
        if self._total != self._head.length:
            _refuse("it is shorter than x-amz-decoded-content-length")
        if self._head.mode.signed:
            self._compare(self._chain.chunk(EMPTY), "the signature of the last chunk")
        self._on_line = self._read_trailer if self._head.mode.trailed else self._end

    def _read_trailer(self, line: bytes) -> None:
        """Take a line behind the last chunk: a field, the signature of all fields, or the end."""
        signed, text = self._head.mode.signed, line.removesuffix(b"\n").removesuffix(b"\r")
        name, colon, value = text.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if signed and name == TRAILER_SIGNATURE:
            self._signature, self._on_line = value, self._end_trailer
        elif not text and not signed:
            self._end_trailer(line)
        elif not colon or name in self._trailers or name not in self._head.trailers:
            _refuse("a field behind it was not announced")
        else:
            self._trailers[name] = value
            if line[-2:] != b"\r\n":
                self._on_line = self._end_field

    def _end_field(self, line: bytes) -> None:
        """Take the empty line that MinIO's client writes where a field ends in a line feed alone."""
        if line != b"\r\n":
            _refuse("a field behind it does not end as it must")
        self._on_line = self._read_trailer

    def _end_trailer(self, line: bytes) -> None:
        if self._trailers.keys() != {*self._head.trailers}:
            _refuse("a field that was announced does not follow it")
        if self._head.mode.signed:
            self._compare(self._chain.trailer(self._trailers), "the signature of the fields behind it")
        if any(self._trailers[name] != value for name, value in self._checksums.values().items()):
            _refuse("its checksum is another")
        self._end(line)

    def _end(self, line: bytes) -> None:
        if line != b"\r\n":
            _refuse("it does not end as it must")
        self._whole = True

    def _compare(self, due: bytes, what: str) -> None:
        if not hmac.compare_digest(due, self._signature):
            _refuse(f"{what} does not match")


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\r\n")


def _refuse(problem: str) -> NoReturn:
    raise DigestMismatchError(f"the body in chunks: {problem}")
