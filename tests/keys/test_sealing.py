from __future__ import annotations

import base64
import os
import pickle
import traceback
from pathlib import Path

import pytest

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.sealing import (
    Sealer,
    SealingKey,
    UnsealingError,
    load_or_create_sealing_key_file,
    load_sealing_key,
)

PLAIN = b"957f23f2d6435e37d4ac21f3e9a67d45"
KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


def test_sealed_for_an_id_opens_for_it(sealer: Sealer) -> None:
    """What was sealed comes back, byte for byte."""
    assert sealer.open("id", sealer.seal("id", Secret(PLAIN))) == Secret(PLAIN)


def test_sealed_twice(sealer: Sealer) -> None:
    """Equal secrets cannot be told by their seals, and the plain bytes are not in them."""
    first, second = sealer.seal("id", Secret(PLAIN)), sealer.seal("id", Secret(PLAIN))
    assert first != second
    assert PLAIN not in first


def test_moved_to_another_id(sealer: Sealer) -> None:
    """A sealed secret that was copied to another access key does not open."""
    sealed = sealer.seal("id-1", Secret(PLAIN))
    with pytest.raises(UnsealingError, match="sealed for another access key") as caught:
        sealer.open("id-2", sealed)
    assert caught.value.access_key_id == "id-2"


def test_any_bit_changed(sealer: Sealer) -> None:
    """No byte of a sealed secret can be changed without it failing to open."""
    sealed = sealer.seal("id", Secret(b"s"))
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(UnsealingError):
            sealer.open("id", bytes(changed))


def test_any_length_cut(sealer: Sealer) -> None:
    """A sealed secret cut short fails as UnsealingError, and as nothing else."""
    sealed = sealer.seal("id", Secret(b"s"))
    for length in range(len(sealed)):
        with pytest.raises(UnsealingError):
            sealer.open("id", sealed[:length])


def test_sealing_key_rotated() -> None:
    """What the old key sealed opens while the old key is given, and the new key seals."""
    old, new = SealingKey.of(KEY), SealingKey.of(OTHER)
    sealed = Sealer(old).seal("id", Secret(PLAIN))
    rotated = Sealer(new, [old])
    assert rotated.open("id", sealed) == Secret(PLAIN)
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal("id", Secret(PLAIN)))


def test_sealing_key_missing() -> None:
    """The error names the sealing key that is needed, by its id."""
    old = SealingKey.of(KEY)
    sealed = Sealer(old).seal("id", Secret(PLAIN))
    with pytest.raises(UnsealingError, match=f"sealing key {old.id}, which is not given"):
        Sealer(SealingKey.of(OTHER)).open("id", sealed)


def test_unopenable_seal_is_refused_as_an_unavailable_store() -> None:
    """Whoever handles StoreUnavailableError by refusing also refuses here."""
    assert issubclass(UnsealingError, StoreUnavailableError)


def test_shown() -> None:
    """Neither a sealing key nor a sealer shows key bytes, and neither can be pickled."""
    key = SealingKey.of(KEY)
    for text in (repr(key), str(key), f"{key}", repr(Sealer(key))):
        assert key.id in text
        assert repr(KEY) not in text
        assert KEY.hex() not in text
    for thing in (key, Sealer(key)):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_traceback_of_a_failed_opening(sealer: Sealer) -> None:
    """A printed traceback holds no secret and no sealed bytes."""
    sealed = sealer.seal("id-1", Secret(PLAIN))
    with pytest.raises(UnsealingError) as caught:
        sealer.open("id-2", sealed)
    told = "".join(traceback.format_exception(caught.value))
    assert PLAIN.decode() not in told
    assert sealed.hex() not in told
    assert "InvalidTag" not in told


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        f"  {base64.b64encode(KEY).decode()}\n",
        base64.b64encode(KEY).decode().rstrip("="),
    ],
)
def test_key_written_as(text: str) -> None:
    """Hex and base64, padded or not, with white space around, are one and the same key."""
    assert load_sealing_key(text) == SealingKey.of(KEY)


def test_key_written_in_the_urlsafe_alphabet() -> None:
    """Both base64 alphabets are read."""
    key = b"\xfb\xff" * 16
    urlsafe, standard = base64.urlsafe_b64encode(key).decode(), base64.b64encode(key).decode()
    assert urlsafe != standard
    assert load_sealing_key(urlsafe) == load_sealing_key(standard) == SealingKey.of(key)


@pytest.mark.parametrize(
    "text",
    ["", " \n", "not a key, but somebody's pass phrase", KEY[:16].hex(), base64.b64encode(KEY[:16]).decode(), "ü" * 44],
)
def test_key_that_is_none(text: str) -> None:
    """The error names the place and how to make a key, and does not show the text."""
    with pytest.raises(ConfigurationError) as caught:
        load_sealing_key(text, "SEALSTAMP_SEALING_KEY")
    assert caught.value.place == "SEALSTAMP_SEALING_KEY"
    assert "openssl rand -base64 32" in caught.value.hint
    assert not text.strip() or text.strip() not in str(caught.value)


def test_key_of_a_wrong_length() -> None:
    """Bytes that are not 32 are refused, by their number alone."""
    with pytest.raises(ConfigurationError, match="this is 31"):
        SealingKey.of(KEY[:31])


def test_key_file_absent(tmp_path: Path) -> None:
    """The file is made, with its directory, for its owner only; the next call reads the same key."""
    path = tmp_path / "private" / "sealing.key"
    key = load_or_create_sealing_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert load_or_create_sealing_key_file(path) == key
    assert [entry.name for entry in path.parent.iterdir()] == ["sealing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_key_file_open_to_others(tmp_path: Path, mode: int) -> None:
    """A file that group or others may read or write is refused, with the command that closes it."""
    path = tmp_path / "sealing.key"
    path.write_text(KEY.hex())
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="open to others") as caught:
        load_or_create_sealing_key_file(path)
    assert caught.value.hint == f"run: chmod 600 {path}"


def test_key_file_is_a_directory(tmp_path: Path) -> None:
    """Only a regular file can hold the key."""
    with pytest.raises(ConfigurationError, match="regular file"):
        load_or_create_sealing_key_file(tmp_path)


def test_key_file_is_a_pipe(tmp_path: Path) -> None:
    """A pipe that nobody writes to is refused, not waited for."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigurationError, match="regular file"):
        load_or_create_sealing_key_file(tmp_path / "pipe")


def test_key_file_is_empty(tmp_path: Path) -> None:
    """An empty file is an error, never a key."""
    path = tmp_path / "sealing.key"
    path.touch(0o600)
    with pytest.raises(ConfigurationError, match="missing") as caught:
        load_or_create_sealing_key_file(path)
    assert caught.value.place == str(path)


def test_key_file_cannot_be_made(tmp_path: Path) -> None:
    """A path below a file is an error with a remedy."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be used") as caught:
        load_or_create_sealing_key_file(tmp_path / "file" / "sealing.key")
    assert caught.value.hint
