"""Named counts that processes of one host keep each for itself, and add up when somebody asks.

A process counts in a file that it maps, so counting costs no more than in a list, and what a killed process had
counted stays; the next process goes on with its file. A file's first count is its owner's pulse.
"""

from __future__ import annotations

import mmap
import os
from collections import Counter
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from itertools import count
from pathlib import Path
from struct import Struct
from typing import Final
from zlib import crc32

from sealstamp.errors import StoreUnavailableError

_RECORD: Final = 512
_MOST: Final = 8_192
_LENGTH: Final = Struct("<q")
_LONGEST: Final = _RECORD - 16
PULSE: Final = b"pulse"
REST: Final = b"rest"
"""Counts what no place is left for."""


class HostCounters:
    """The counts of this process, and the sums over all that count for ``service`` in ``folder``.

    Without a folder it is alone.

    ``values[place(name)]`` is a count that may be changed. Raises StoreUnavailableError for a folder without room.
    """

    def __init__(self, folder: Path | None, service: str = "") -> None:
        self._folder = folder
        self._prefix = f"counts-{crc32(service.encode()):08x}-"
        self._places: dict[bytes, int] = {}
        try:
            self._file = -1 if folder is None else _own_file(folder, self._prefix)
            self._map = mmap.mmap(self._file, _RECORD * _MOST)
        except OSError as error:
            raise StoreUnavailableError(f"nothing can be counted in {folder}: {error.strerror}") from None
        self.values = memoryview(self._map).cast("q")
        self._places = {name: at * _RECORD // 8 for at, name in enumerate(_names(self._map))}
        self._pulse = self.place(PULSE)
        self._rest = self.place(REST)
        self.values[self._pulse] = 0

    def close(self) -> None:
        """Stop counting; what was counted stays for the others."""
        self.values.release()
        self._map.close()
        if self._file >= 0:
            os.close(self._file)

    def place(self, name: bytes) -> int:
        """Return where in ``values`` the count of ``name`` is; a new one is 0."""
        found = self._places.get(name)
        if found is not None:
            return found
        if len(self._places) == _MOST or len(name) > _LONGEST:
            return self._rest
        at = len(self._places) * _RECORD
        self._map[at + 16 : at + 16 + len(name)] = name
        _LENGTH.pack_into(self._map, at + 8, len(name))
        self._places[name] = at // 8
        return at // 8

    def totals(self) -> Counter[bytes]:
        """Return each name's count, added up over all processes that there are and were."""
        if self._folder is None:
            return Counter({name: self.values[place] for name, place in self._places.items()})
        totals: Counter[bytes] = Counter()
        for path in self._folder.glob(f"{self._prefix}*"):
            data = path.read_bytes()
            for at, name in enumerate(_names(data)):
                totals[name] += _LENGTH.unpack_from(data, at * _RECORD)[0]
        return totals

    def beat(self, now_ms: int) -> None:
        """Say that this process is well, at ``now_ms`` (Unix milliseconds)."""
        self.values[self._pulse] = now_ms

    def silent(self, since_ms: int) -> int:
        """Return how many processes there are that did not say since ``since_ms`` that they are well."""
        if self._folder is None:
            return int(self.values[self._pulse] < since_ms)
        return sum(_is_silent(path, since_ms) for path in self._folder.glob(f"{self._prefix}*"))


def _own_file(folder: Path, prefix: str) -> int:
    """Open a file that no living process counts in, and lock it for as long as it is open."""
    for number in count():
        path = folder / f"{prefix}{number}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
            os.posix_fallocate(descriptor, 0, _RECORD * _MOST)
        except BlockingIOError:
            os.close(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        else:
            return descriptor
    raise AssertionError


def _names(data: bytes | mmap.mmap) -> list[bytes]:
    names: list[bytes] = []
    for at in range(0, len(data), _RECORD):
        (length,) = _LENGTH.unpack_from(data, at + 8)
        if not 0 < length <= _LONGEST:
            break
        names.append(data[at + 16 : at + 16 + length])
    return names


def _is_silent(path: Path, since_ms: int) -> bool:
    """Tell whether the process that counts in ``path`` lives, and has not said for long that it is well."""
    with path.open("rb") as file:
        try:
            flock(file, LOCK_SH | LOCK_NB)
        except BlockingIOError:
            (beat,) = _LENGTH.unpack(file.read(8))
            return bool(beat < since_ms)
    return False
