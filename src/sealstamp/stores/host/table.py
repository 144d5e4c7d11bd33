"""A table in memory that the processes of one host share: names that expire, each with a number.

It is a file that every process maps, so what one writes all others see at once, and what a killed process had written
stays. Locks are the kernel's (``flock``): one that is held by a process that dies is free again.

**Layout.** A page for the header, then regions, each with a lock of its own, of buckets of 31 slots. A name is known by
a keyed digest of 16 bytes, which says its region and two buckets in it; it is in one of them, or nowhere. The table is
made twice as large as what it promises to hold, so that both are full with a chance of less than one in ten million.

**A process may die anywhere.** A new slot's digest is written first and its expiry last, and a slot whose expiry has
passed is free; so a slot half written is a free one.
"""

from __future__ import annotations

import mmap
import os
import secrets
from fcntl import LOCK_EX, LOCK_UN, flock
from hashlib import blake2s
from pathlib import Path
from struct import Struct
from typing import Final

from sealstamp.errors import StoreUnavailableError

LOOK_MS: Final = 250
"""A table that was deleted or replaced under its users is noticed within this time."""

_PAGE: Final = 4_096
_HEADER: Final = Struct("<16s16s16sqq")  # form, key, boot, buckets of a region, born
_FORM: Final = b"sealstamp host 1"
_REGIONS: Final = 32
_SLOTS: Final = 31
_BUCKET: Final = 1_024
_DIGESTS_END: Final = _SLOTS * 16
_NEXT: Final = _DIGESTS_END
_EXPIRIES: Final = _NEXT + 8
_NUMBERS: Final = _EXPIRIES + _SLOTS * 8
_SPOT: Final = Struct("<BxxxIIxxxx").unpack
_INTEGER: Final = Struct("<q")
_ALL_EXPIRIES: Final = Struct(f"<{_SLOTS}q")


def make_table(path: Path, capacity: int, born_ms: int) -> None:
    """Make an empty table for ``capacity`` names in place of one that may be there, whose users notice that.

    All of its space is taken now, some 66 bytes a name. Raises OSError when there is not enough.
    """
    buckets = -(-2 * capacity // (_SLOTS * _REGIONS))
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        # Reserved, for a page that finds no room on a full disk later would kill the process that touches it.
        os.posix_fallocate(descriptor, 0, _PAGE + _REGIONS * buckets * _BUCKET)
        os.pwrite(descriptor, _HEADER.pack(_FORM, secrets.token_bytes(16), boot_mark(), buckets, born_ms), 0)
        draft.replace(path)
    except BaseException:
        draft.unlink()
        raise
    finally:
        os.close(descriptor)


def boot_mark() -> bytes:
    """Return what differs after the host was started anew, as far as the system tells."""
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return bytes(16)
    return bytes.fromhex(text.decode().strip().replace("-", ""))


class HostTable:
    """A table that ``make_table`` has made. Each process has one of its own, for one thread.

    All times are Unix milliseconds. What has expired is gone by itself. Every call may raise StoreUnavailableError.
    """

    def __init__(self, path: Path) -> None:
        """Open the table at ``path``. Raises StoreUnavailableError, also for one from before the host's last start."""
        self._path = path
        self._tick = 0
        self._locks: list[int] = []
        try:
            self._locks += (os.open(path, os.O_RDWR | os.O_CLOEXEC) for _ in range(_REGIONS))
            status = os.fstat(self._locks[0])
            self._identity = status.st_dev, status.st_ino
            self._map = mmap.mmap(self._locks[0], status.st_size)
            form, key, boot, self._buckets, self.born_ms = _HEADER.unpack_from(self._map)
        except (OSError, ValueError) as error:
            self._close_locks()
            raise StoreUnavailableError(f"the shared table {path} cannot be opened: {error}") from None
        self._keyed = blake2s(key=key, digest_size=16)
        if form != _FORM or boot != boot_mark() or status.st_size != _PAGE + _REGIONS * self._buckets * _BUCKET:
            self.close()
            raise StoreUnavailableError(f"the shared table {path} is not of this version, or not of this start")

    def close(self) -> None:
        """Give the memory back; nothing may be called afterwards."""
        self._map.close()
        self._close_locks()

    def add(self, name: bytes, expires_ms: int, now_ms: int) -> bool:
        """Put a name in, if it is not there; tell whether it was not. Of any number of processes one is told True."""
        digest, first, second, lock = self._lock(name, now_ms)
        try:
            if self._find(digest, first, now_ms) or self._find(digest, second, now_ms):
                return False
            self._put(digest, first, second, expires_ms, now_ms)
            return True
        finally:
            flock(lock, LOCK_UN)

    def count(self, name: bytes, amount: int, expires_ms: int, now_ms: int) -> int:
        """Add ``amount`` to the name's number and return the sum; a new name, which will expire, begins at 0."""
        digest, first, second, lock = self._lock(name, now_ms)
        try:
            at = self._find(digest, first, now_ms) or self._find(digest, second, now_ms)
            if not at:
                at = self._put(digest, first, second, expires_ms, now_ms)
            number: int = _INTEGER.unpack_from(self._map, at)[0] + amount
            _INTEGER.pack_into(self._map, at, number)
            return number
        finally:
            flock(lock, LOCK_UN)

    def number(self, name: bytes, now_ms: int) -> int:
        """Return the name's number; 0 for one that is not there."""
        digest, first, second, lock = self._lock(name, now_ms)
        try:
            at = self._find(digest, first, now_ms) or self._find(digest, second, now_ms)
            return int(_INTEGER.unpack_from(self._map, at)[0]) if at else 0
        finally:
            flock(lock, LOCK_UN)

    def check(self) -> None:
        """Raise StoreUnavailableError when the path no longer leads to this table: others may use another one."""
        try:
            status = self._path.stat()
        except OSError as error:
            raise StoreUnavailableError(f"the shared table {self._path} is missing: {error.strerror}") from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise StoreUnavailableError(f"the shared table {self._path} was replaced while it was in use")

    def _lock(self, name: bytes, now_ms: int) -> tuple[bytes, int, int, int]:
        """Lock the name's region; return its digest, the offsets of its two buckets, and the lock that is to be freed.

        Others hold it for some microseconds, so waiting for it is cheaper than anything else one could do.
        """
        if now_ms // LOOK_MS != self._tick:
            self.check()
            self._tick = now_ms // LOOK_MS
        hashing = self._keyed.copy()
        hashing.update(name)
        digest = hashing.digest()
        region, first, second = _SPOT(digest)
        region %= _REGIONS
        start, lock = _PAGE + region * self._buckets * _BUCKET, self._locks[region]
        try:
            flock(lock, LOCK_EX)
        except OSError as error:
            raise StoreUnavailableError(f"the shared table {self._path} cannot be locked: {error}") from None
        return digest, start + first % self._buckets * _BUCKET, start + second % self._buckets * _BUCKET, lock

    def _find(self, digest: bytes, bucket: int, now_ms: int) -> int:
        """Return the offset of a name's number, or 0."""
        digests = self._map[bucket : bucket + _DIGESTS_END]
        at = digests.find(digest)
        while at >= 0:
            slot, rest = divmod(at, 16)
            if not rest and _INTEGER.unpack_from(self._map, bucket + _EXPIRIES + slot * 8)[0] > now_ms:
                return bucket + _NUMBERS + slot * 8
            at = digests.find(digest, at + 1)
        return 0

    def _put(self, digest: bytes, first: int, second: int, expires_ms: int, now_ms: int) -> int:
        """Write a new name into a free slot; return the offset of its number."""
        for bucket in (first, second):
            slot = self._free_slot(bucket, now_ms)
            if slot >= 0:
                break
        else:
            raise StoreUnavailableError(f"the shared table {self._path} is full")
        number = bucket + _NUMBERS + slot * 8
        self._map[bucket + slot * 16 : bucket + slot * 16 + 16] = digest
        _INTEGER.pack_into(self._map, number, 0)
        _INTEGER.pack_into(self._map, bucket + _EXPIRIES + slot * 8, expires_ms)
        _INTEGER.pack_into(self._map, bucket + _NEXT, (slot + 1) % _SLOTS)
        return number

    def _free_slot(self, bucket: int, now_ms: int) -> int:
        """Return a slot whose name has expired, or -1. Slots are taken in turn: the next one is the likeliest."""
        slot: int = _INTEGER.unpack_from(self._map, bucket + _NEXT)[0]
        if _INTEGER.unpack_from(self._map, bucket + _EXPIRIES + slot * 8)[0] <= now_ms:
            return slot
        expiries = _ALL_EXPIRIES.unpack_from(self._map, bucket + _EXPIRIES)
        earliest = min(expiries)
        return expiries.index(earliest) if earliest <= now_ms else -1

    def _close_locks(self) -> None:
        while self._locks:
            os.close(self._locks.pop())
