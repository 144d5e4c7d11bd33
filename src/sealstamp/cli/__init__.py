"""The ``sealstamp`` command. One file a command group; how output looks is in ``output``.

Each group is imported when one of its commands runs, so that ``sealstamp sign`` starts in a blink.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from sealstamp.cli import output
from sealstamp.errors import (
    ConfigurationError,
    KeyStateError,
    NotFoundError,
    SchemeError,
    SealstampError,
    SigningError,
    StoreUnavailableError,
    VerificationError,
)

GROUPS = {
    "demo": "see the four systems guarded, called rightly and wrongly",
    "serve": "run the service",
    "apply": "make the store match a file of APIs, consumers and keys",
    "schemes": "list, show, check and upload schemes",
    "sign": "sign a request",
    "verify": "verify a raw request",
    "call": "sign a request and send it",
    "curl": "run curl, its requests signed",
    "snippet": "print what to paste into a tool so that it signs",
    "proxy": "sign what is sent through a local port",
    "keys": "issue, import, rotate and end access keys, and what happens to them between",
    "consumers": "make, list, change and suspend those who hold access keys",
    "plans": "make, list and change named sets of scopes, limits and quotas",
    "invitations": "invite people to claim an access key, once, and take that back",
    "requests": "look at what strangers ask for, approve it or decline",
    "mail": "look at the mail that is to be sent, and send it",
    "usage": "add up how many requests there were",
    "apis": "list the guarded APIs",
    "audit": "list, verify and export what was done",
    "sealing": "seal secrets anew after the sealing key was changed",
    "doctor": "check whether what a service needs is in order",
    "backup": "copy the store while it is in use",
    "proxy-config": "print how a proxy has to be configured, so that it asks about an API's requests",
    "operators": "make, list, change and revoke those who may call the management API",
}
"""Every command, each in a module of its name, with ``_`` for ``-``.

A module has ``add(parser)``, which sets ``run(arguments) -> exit code``.
"""

INTERRUPTED = 130
"""As shells tell of a process that was interrupted."""
UNHEARD = 141
"""As shells tell of a process that nobody reads any more; 1 would say that ``verify`` refused."""

_MISUSE = (ConfigurationError, SchemeError, SigningError, NotFoundError, VerificationError)
_HINTS: dict[type[SealstampError], str] = {
    KeyStateError: "a list tells the state of things, as sealstamp keys list",
    NotFoundError: "a list tells what there is, as sealstamp keys list or sealstamp apis list",
    SigningError: "sealstamp schemes show tells what a scheme needs",
    StoreUnavailableError: "the setting store names it; try again when it can be reached",
    VerificationError: "what a scheme signs must come once and be readable",
}
"""The hints of errors that bring none of their own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 refused or failed, 2 misused."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except SealstampError as error:
        output.fail(_with_hint(error))
        return output.MISUSED if isinstance(error, _MISUSE) else output.FAILED
    except BrokenPipeError:
        output.abandon()
        return UNHEARD
    except OSError as error:
        output.fail(f"{error.filename or 'output'}: {error.strerror}\nhint: is there room, and the right to write?")
        output.abandon()
        return output.FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: list[str]) -> int:
    output.speak_utf8()
    _refuse_broken_text(words)
    try:
        parsed = build_parser(words[:1]).parse_args(words)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else output.DONE
    code: int = parsed.run(parsed)
    output.flush()
    return code


def _refuse_broken_text(words: Sequence[str]) -> None:
    """Raise ConfigurationError for a word that is not UTF-8; which one is not told, for it may be a secret."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        raise ConfigurationError("arguments", "not all are UTF-8", "give other bytes in a file") from None


def build_parser(called: Sequence[str] = tuple(GROUPS)) -> argparse.ArgumentParser:
    """Return the parser of the groups in ``called``; of all of them by name, where that is none.

    Parsers take a while to make, and a run needs one.
    """
    parser = output.Parser(prog="sealstamp", description="AccessKey authentication for HTTP APIs.")
    parser.add_argument("--version", action=_Version)
    groups = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    known = [name for name in called if name in GROUPS]
    for name in known or GROUPS:
        group = groups.add_parser(name, help=GROUPS[name], description=GROUPS[name])
        if name in known:
            import_module(f"sealstamp.cli.{name.replace('-', '_')}").add(group)
    return parser


def _with_hint(error: SealstampError) -> str:
    text = str(error)
    if "\nhint: " in text:
        return text
    hint = next((hint for kind, hint in _HINTS.items() if isinstance(error, kind)), "sealstamp --help")
    return f"{text}\nhint: {hint}"


class _Version(argparse.Action):
    """Prints the version; looks it up only when asked."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # slow to import, rarely asked for

        print(f"sealstamp {version('sealstamp')}")
        parser.exit()
