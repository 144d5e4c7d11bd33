"""Sealing of secrets: AES-256-GCM, so that a store's files, backups and dumps are useless without the sealing key.

A MAC needs the secret itself, so a secret is sealed and not hashed. A sealed secret is laid out as::

    1 byte    format version, 1
    8 bytes   id of the sealing key
    12 bytes  nonce
    n bytes   ciphertext
    16 bytes  tag

What comes before the nonce, and then the access key id, are the associated data, and after it, for a further secret of
the key, a NUL and its name: a sealed secret that is moved to another access key or name, or changed in any bit, does
not open.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.private_file import create_private_file

KEY_LENGTH: Final = 32
_VERSION: Final = b"\x01"
_ID_LENGTH: Final = 8
_NONCE_LENGTH: Final = 12
_TAG_LENGTH: Final = 16
_HEADER_LENGTH: Final = len(_VERSION) + _ID_LENGTH
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_LONGEST_FILE: Final = 4096
_HOW_TO_MAKE: Final = "make one with: openssl rand -base64 32"
_URLSAFE: Final = str.maketrans("+/", "-_")


class UnsealingError(StoreUnavailableError):
    """A sealed secret cannot be opened: moved to another access key, damaged, or its sealing key is not at hand.

    It is a StoreUnavailableError, so that whoever decides about a request refuses. ``access_key_id`` tells which key.
    """

    def __init__(self, access_key_id: str, problem: str) -> None:
        super().__init__(f"the secret of access key {access_key_id!r} cannot be opened: {problem}")
        self.access_key_id = access_key_id


@dataclass(frozen=True, slots=True)
class SealingKey:
    """32 bytes that seal secrets, and the id that sealed secrets carry to say which key opens them."""

    id: str
    secret: Secret = field(repr=False)

    @classmethod
    def of(cls, key: bytes, place: str = "sealing key") -> SealingKey:
        """Make a sealing key of 32 bytes; its id follows from them.

        Raises ConfigurationError, which names ``place``.
        """
        if len(key) != KEY_LENGTH:
            problem = f"a sealing key is {KEY_LENGTH} bytes, and this is {len(key)}"
            raise ConfigurationError(place, problem, _HOW_TO_MAKE)
        digest = hashlib.sha256(b"sealstamp sealing key id\x00" + key).digest()
        return cls(digest[:_ID_LENGTH].hex(), Secret(key))


class Sealer:
    """Seals secrets with the current key, and opens what the current or an older key has sealed.

    To rotate, make the new key current and keep the old one among ``older`` until every secret is sealed anew.
    Safe to share between threads.
    """

    def __init__(self, current: SealingKey, older: Sequence[SealingKey] = ()) -> None:
        self._current_id = bytes.fromhex(current.id)
        self._ciphers = {bytes.fromhex(key.id): AESGCM(key.secret.reveal()) for key in (*older, current)}

    def __repr__(self) -> str:
        return f"Sealer(current={self._current_id.hex()}, keys={len(self._ciphers)})"

    @property
    def current_id(self) -> str:
        """The id of the sealing key that seals."""
        return self._current_id.hex()

    def seal(self, access_key_id: str, secret: Secret, extra: str = "") -> bytes:
        """Seal ``secret`` so that it opens for ``access_key_id`` alone, and as the ``extra`` of this name, if any."""
        header = _VERSION + self._current_id
        # A random nonce is sound for 2**32 secrets under one key (NIST SP 800-38D, section 8.3).
        nonce = os.urandom(_NONCE_LENGTH)
        cipher = self._ciphers[self._current_id]
        return header + nonce + cipher.encrypt(nonce, secret.reveal(), header + _owner(access_key_id, extra))

    def open(self, access_key_id: str, sealed: bytes, extra: str = "") -> Secret:
        """Return what was sealed for ``access_key_id`` and ``extra``. Raises UnsealingError."""
        header, nonce, ciphertext = _split(access_key_id, sealed)
        cipher = self._ciphers.get(header[len(_VERSION) :])
        if cipher is None:
            key_id = header[len(_VERSION) :].hex()
            problem = f"it is sealed with sealing key {key_id}, which is not given; give it as an older sealing key"
            raise UnsealingError(access_key_id, problem)
        try:
            return Secret(cipher.decrypt(nonce, ciphertext, header + _owner(access_key_id, extra)))
        except InvalidTag:
            problem = "it was changed, or it was sealed for another access key"
            raise UnsealingError(access_key_id, problem) from None

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether ``sealed`` names the current sealing key, and so need not be sealed anew."""
        return sealed.startswith(_VERSION + self._current_id)


def _owner(access_key_id: str, extra: str) -> bytes:
    """Return what the sealed text is bound to; no access key id has a NUL in it."""
    return f"{access_key_id}\0{extra}".encode() if extra else access_key_id.encode()


def _split(access_key_id: str, sealed: bytes) -> tuple[bytes, bytes, bytes]:
    """Split into header, nonce and ciphertext with tag."""
    if len(sealed) < _HEADER_LENGTH + _NONCE_LENGTH + _TAG_LENGTH:
        raise UnsealingError(access_key_id, "it is cut short")
    if not sealed.startswith(_VERSION):
        raise UnsealingError(access_key_id, f"its format {sealed[0]} is not known to this version of Sealstamp")
    after_nonce = _HEADER_LENGTH + _NONCE_LENGTH
    return sealed[:_HEADER_LENGTH], sealed[_HEADER_LENGTH:after_nonce], sealed[after_nonce:]


def load_sealing_key(text: str, place: str = "sealing key") -> SealingKey:
    """Read 32 bytes written as base64 (either alphabet) or as hex.

    Raises ConfigurationError, which names ``place`` and never shows the text.
    """
    stripped = text.strip()
    if not stripped:
        raise ConfigurationError(place, "the sealing key is missing", _HOW_TO_MAKE)
    if _HEX.fullmatch(stripped):
        return SealingKey.of(bytes.fromhex(stripped), place)
    if _BASE64.fullmatch(stripped):
        return SealingKey.of(base64.urlsafe_b64decode(stripped.translate(_URLSAFE).rstrip("=") + "="), place)
    problem = f"a sealing key is {KEY_LENGTH} bytes in base64 (44 characters) or hex (64), and this is neither"
    raise ConfigurationError(place, problem, _HOW_TO_MAKE)


def load_or_create_sealing_key_file(path: Path) -> SealingKey:
    """Read the sealing key in the file ``path``; make the file, with mode 0600 and a new key, where there is none.

    Raises ConfigurationError where the file cannot be made or read, is not a regular file, holds no sealing key, or
    may be read or written by anyone but its owner.
    """
    try:
        if not path.exists():
            create_private_file(path, _write_new_key)
        text = _read_private_text(path)
    except OSError as error:
        problem = f"the sealing key file cannot be used: {error.strerror}"
        raise ConfigurationError(str(path), problem, "give a path this user may read and write") from error
    return load_sealing_key(text, str(path))


def _write_new_key(draft: Path) -> None:
    draft.write_text(base64.b64encode(os.urandom(KEY_LENGTH)).decode() + "\n", encoding="ascii")


def _read_private_text(path: Path) -> str:
    """Read the file after looking at what was opened, so that it cannot be swapped in between."""
    # O_NONBLOCK: opening a pipe that nobody writes to must be refused, not waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _refuse_unless_private(path, os.fstat(descriptor))
        return os.read(descriptor, _LONGEST_FILE).decode("ascii", "replace")
    finally:
        os.close(descriptor)


def _refuse_unless_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(str(path), "the sealing key must be in a regular file", "give another path")
    if status.st_mode & 0o077:
        problem = f"the sealing key file is open to others (mode {stat.S_IMODE(status.st_mode):04o})"
        raise ConfigurationError(str(path), problem, f"run: chmod 600 {path}")
