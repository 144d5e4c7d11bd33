"""What the applications that read bodies piece by piece tell of themselves."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any


class Reading:
    """The body that is being read, or was read last."""

    def __init__(self) -> None:
        self._state, self.size = hashlib.sha256(), 0
        self.is_whole = False

    def take(self, piece: bytes) -> None:
        self._state.update(piece)
        self.size += len(piece)

    def end(self) -> dict[str, Any]:
        self.is_whole = True
        return self.told()

    def told(self) -> dict[str, Any]:
        return {"size": self.size, "whole": self.is_whole, "sha256": self._state.hexdigest(), "peak": peak()}


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024
