"""How the command line speaks: what it found to standard output, one can paste it; what went wrong to standard error.

Messages are lower case, without a full stop, and end with a hint. Exit codes: 0 done, 1 refused or failed, 2 misused.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn

DONE: Final = 0
FAILED: Final = 1
MISUSED: Final = 2
LOCAL_HINT: Final = "run it on the machine of the store, and name its settings with --config"


class _Help(argparse.HelpFormatter):
    """Asks for the terminal's width by itself: argparse imports ``shutil`` for that, at every option that is added."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):  # nothing is there, or it is no terminal
        return 80


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like all others, and repeat nothing that may be a secret."""

    def __init__(self, **settings: Any) -> None:
        # An abbreviation that a script relies on would break when another option is added.
        super().__init__(allow_abbrev=False, formatter_class=_Help, **settings)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; what is left over is told by its option alone, for ``--secrt S`` leaves the secret over."""
        parsed, rest = self.parse_known_args(args, namespace)
        if rest:
            options = [word.partition("=")[0] for word in rest if word.startswith("--")]
            if getattr(parsed, "is_local", False) and {"--server", "--profile"} & {*options}:
                fail(f"{options[0]}: this works on a local store alone\nhint: {LOCAL_HINT}")
                raise SystemExit(MISUSED)
            self.error(f"not known here: {', '.join(options) or 'an argument more than it takes'}")
        return parsed

    def error(self, message: str) -> NoReturn:
        """Complain and leave with 2."""
        fail(f"{message}\nhint: {self.prog} --help")
        raise SystemExit(MISUSED)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Leave, after what was printed has arrived. Raises OSError where it cannot."""
        flush()
        super().exit(status, message)


def add_json(parser: argparse.ArgumentParser, about: str = "print JSON") -> None:
    """Offer ``--json``."""
    parser.add_argument("--json", action="store_true", help=about)


def fail(message: str) -> None:
    """Say what went wrong."""
    print(f"sealstamp: {message}", file=sys.stderr)


def say(text: str = "") -> None:
    """Print a line."""
    print(text)


def note(text: str) -> None:
    """Say something beside the result, such as progress."""
    print(text, file=sys.stderr, flush=True)


def show(arguments: argparse.Namespace, document: Any, tell: Callable[[], None]) -> int:
    """Print ``document`` where JSON was asked for, else let ``tell`` speak; returns the exit code for it."""
    show_json(document) if arguments.json else tell()
    return DONE


def show_json(value: Any) -> None:
    """Print a JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns; nothing is cut off, so that it can be pasted."""
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def speak_utf8() -> None:
    """Print UTF-8 whatever the locale is: what was signed is UTF-8, and is to be pasted as it was signed."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")


def flush() -> None:
    """Make sure that what was printed has arrived. Raises OSError where it cannot."""
    if sys.stdout is not None:  # it is where the process was started without one
        sys.stdout.flush()


def abandon() -> None:
    """Let go of a standard output that takes nothing more; else the interpreter would try again as it ends."""
    with contextlib.suppress(OSError):  # there is no descriptor where a program calls main() with a text of its own
        descriptor = sys.stdout.fileno()
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, descriptor)
        os.close(nothing)
