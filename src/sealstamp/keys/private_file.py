"""Files that only their owner may read, and that are never seen half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def create_private_file(path: Path, fill: Callable[[Path], None]) -> None:
    """Create ``path`` with mode 0600 and everything ``fill`` writes, or leave the file that is there as it is.

    ``fill`` is given the path of a draft beside ``path``. A missing directory is made, with mode 0700. Of several
    processes that try at once, one wins. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # O_EXCL, mode 0600
    os.close(descriptor)
    draft = Path(name)
    try:
        fill(draft)
        _sync(draft)
        with suppress(FileExistsError):
            path.hardlink_to(draft)  # a rename would overwrite what another process has just made
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Wait until the disk holds the file, or the directory's entries."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
