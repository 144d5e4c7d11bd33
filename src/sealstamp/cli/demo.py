"""``sealstamp demo``: an example API behind the real service, called rightly and wrongly through the four systems."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sealstamp.cli import output

if TYPE_CHECKING:
    from sealstamp.cli.demo_calls import Outcome
    from sealstamp.cli.demo_stage import Stage


def add(parser: ArgumentParser) -> None:
    """Say what ``demo`` takes."""
    parser.add_argument("--once", action="store_true", help="leave when the calls are done; 0 if each went as expected")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="where to listen; any free port if not given")
    output.add_json(parser, "print what came of the calls as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Set up, call, report, and stay up unless told otherwise. Raises DemoError, CallFailedError."""
    from sealstamp.cli.demo_calls import play
    from sealstamp.cli.demo_stage import staged

    with _leaving_on_termination(), staged(arguments.port) as stage:
        outcomes = list(play(stage))
        went_well = all(outcome.as_expected for outcome in outcomes)
        with contextlib.suppress(KeyboardInterrupt):  # once the calls are done, Ctrl-C is how one leaves
            output.show(arguments, _document(outcomes), lambda: _tell(outcomes))
            if not arguments.once:
                output.note(_how_to_go_on(stage))
                output.flush()
                threading.Event().wait()
    return output.DONE if went_well else output.FAILED


@contextlib.contextmanager
def _leaving_on_termination() -> Iterator[None]:
    """Tidy up on SIGTERM as on Ctrl-C, which would leave the service and its files behind."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _document(outcomes: Sequence[Outcome]) -> dict[str, object]:
    calls = [
        {
            "scheme": outcome.case.scheme,
            "call": outcome.case.circumstance,
            "decision": outcome.decision,
            "status": outcome.status,
            "expected_status": outcome.case.expected,
            "answer": outcome.answer,
        }
        for outcome in outcomes
    ]
    return {"as_expected": all(outcome.as_expected for outcome in outcomes), "calls": calls}


def _tell(outcomes: Sequence[Outcome]) -> None:
    output.show_table(("SCHEME", "CALL", "DECISION", "HTTP", "ANSWER"), map(_row, outcomes))
    good = sum(outcome.as_expected for outcome in outcomes)
    output.say(f"\n{good} of {len(outcomes)} calls went as expected")


def _row(outcome: Outcome) -> tuple[str, ...]:
    case = outcome.case
    answer = outcome.answer if outcome.as_expected else f"EXPECTED {case.expected}: {outcome.answer}"
    return case.scheme, case.circumstance, outcome.decision, str(outcome.status), answer


def _how_to_go_on(stage: Stage) -> str:
    pair, config, me = stage.pairs["bbx"].right, stage.config, _command()
    return f"""
The service stays up on {stage.origin}; Ctrl-C ends it and removes its files. In another terminal, in this folder:

  {me} call --scheme bbx --access-key-id {pair.access_key_id} --secret {pair.secret.reveal().decode()} \\
      --url {stage.origin}/bbx/orders
  {me} keys list --config {config}
  {me} keys disable {pair.access_key_id} --config {config}
  {me} apis list --config {config}
  {me} schemes lint bbx
  curl {stage.origin}/metrics
"""


def _command() -> str:
    """Return how this program can be called again: by its name if that is found, else by its path from here."""
    return "sealstamp" if shutil.which("sealstamp") else os.path.relpath(Path(sys.executable).with_name("sealstamp"))
