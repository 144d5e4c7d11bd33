"""How the command line speaks: what it found to standard output, one can paste it; what went wrong to standard error.

Messages are lower case, without a full stop, and end with a hint. Exit codes: 0 done, 1 refused or failed, 2 misused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

DONE: Final = 0
FAILED: Final = 1
MISUSED: Final = 2


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like all others."""

    def error(self, message: str) -> NoReturn:
        """Complain and leave with 2."""
        fail(f"{message}\nhint: {self.prog} --help")
        raise SystemExit(MISUSED)


def fail(message: str) -> None:
    """Say what went wrong."""
    print(f"sealstamp: {message}", file=sys.stderr)


def say(text: str = "") -> None:
    """Print a line."""
    print(text)


def note(text: str) -> None:
    """Say something beside the result, such as progress."""
    print(text, file=sys.stderr)


def show_json(value: Any) -> None:
    """Print a JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns; nothing is cut off, so that it can be pasted."""
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
