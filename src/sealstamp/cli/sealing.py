"""``sealstamp sealing``: the sealing key, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Final

from sealstamp.cli import output
from sealstamp.cli.local import acting, add_local, local_settings_of

_STEP: Final = 10_000


def add(parser: ArgumentParser) -> None:
    """Say what ``sealing`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "seal anew, with the present sealing key, every secret that an older one sealed"
    rotated = acts.add_parser("rotate", help=about, description=f"{about}; once interrupted, run it again")
    add_local(rotated)
    output.add_json(rotated)
    rotated.set_defaults(run=_rotate)


def _rotate(arguments: Namespace) -> int:
    from sealstamp.keys.acts.sealing import reseal

    with acting(local_settings_of(arguments)) as act:
        count = reseal(act, _tell)
    return output.show(arguments, {"resealed": count}, lambda: output.say(f"{count} sealed anew"))


def _tell(seen: int) -> None:
    if seen % _STEP == 0:
        output.note(f"sealstamp: {seen} looked at")
