"""The ``sealstamp`` command. One file a command group; how output looks is in ``output``.

Each group is imported when one of its commands runs, so that ``sealstamp sign`` starts in a blink.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from sealstamp.cli import output
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError, SealstampError, SigningError

GROUPS = {
    "demo": "see the four systems guarded, called rightly and wrongly",
    "serve": "run the service",
    "apply": "make the store match a file of APIs, consumers and keys",
    "schemes": "list, show and check schemes",
    "sign": "sign a request",
    "verify": "verify a raw request",
    "call": "sign a request and send it",
    "keys": "issue, import, list, enable, disable and revoke access keys",
    "apis": "list the guarded APIs",
}
"""Every command, each in a module of its name with ``add(parser)`` and ``run(arguments) -> exit code``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 refused or failed, 2 misused."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parser(words).parse_args(words)
        code: int = parsed.run(parsed)
    except (ConfigurationError, SchemeError, SigningError, NotFoundError) as error:
        output.fail(str(error))
        return output.MISUSED
    except SealstampError as error:
        output.fail(str(error))
        return output.FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return output.FAILED
    except KeyboardInterrupt:
        return 130
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; only the group that is called is imported, the others are there by name."""
    parser = output.Parser(prog="sealstamp", description="AccessKey authentication for HTTP APIs.")
    parser.add_argument("--version", action=_Version)
    groups = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    called = next((word for word in words if not word.startswith("-")), None)
    for name, about in GROUPS.items():
        group = groups.add_parser(name, help=about, description=about)
        if name == called:
            import_module(f"sealstamp.cli.{name}").add(group)
    return parser


class _Version(argparse.Action):
    """Prints the version; looks it up only when asked."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # slow to import, rarely asked for

        print(f"sealstamp {version('sealstamp')}")
        parser.exit()
