"""Keeping what a process holds in memory, secrets too, out of files."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
"""Of linux/prctl.h: https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html"""


def keep_memory_private() -> None:
    """Have the system write no core file of this process, however it ends.

    On Linux no other process of the same user may look into its memory either, and a program that takes core files
    through a pipe, which a limit does not stop, gets none. The limit goes over to child processes; what Linux is told
    does not, so each process says it for itself.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
