"""``sealstamp schemes vectors``: the test vectors of schemes, listed or written as files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from sealstamp.cli import output
from sealstamp.core.scheme import Scheme
from sealstamp.schemes import get_scheme, scheme_names
from sealstamp.vectors.case import Case
from sealstamp.vectors.files import case_document, scheme_files
from sealstamp.vectors.folder import write_folder
from sealstamp.vectors.making import make_cases

Made = list[tuple[Scheme, tuple[Case, ...]]]


def make(arguments: Namespace) -> int:
    """Make the vectors of the named schemes, write them if asked to, and tell of them."""
    schemes = [get_scheme(name) for name in arguments.schemes or scheme_names()]
    made: Made = []
    for number, scheme in enumerate(schemes, 1):
        cases = make_cases(scheme)
        if arguments.out:
            write_folder(Path(arguments.out) / scheme.name, scheme_files(scheme, cases))
        if len(schemes) > 1:
            output.note(f"{number} of {len(schemes)}: {scheme.name}, {_counted(cases)}")
        made.append((scheme, cases))
    return output.show(arguments, _document(made, arguments.out), lambda: _tell(made, arguments.out))


def _document(made: Made, out: str | None) -> list[dict[str, object]]:
    return [
        {
            "scheme": scheme.name,
            "accept": sum(case.accepted for case in cases),
            "reject": sum(not case.accepted for case in cases),
            "folder": str(Path(out) / scheme.name) if out else None,
            "cases": [case_document(case) for case in cases],
        }
        for scheme, cases in made
    ]


def _tell(made: Made, out: str | None) -> None:
    if out is None:
        rows = ((scheme.name, case.name, case.reason, case.title) for scheme, cases in made for case in cases)
        output.show_table(("SCHEME", "CASE", "REASON", "WHAT IT IS"), rows)
        return
    for scheme, cases in made:
        output.say(f"{Path(out) / scheme.name}: {_counted(cases)}")


def _counted(cases: Sequence[Case]) -> str:
    accepted = sum(case.accepted for case in cases)
    return f"{accepted} accepted, {len(cases) - accepted} refused"
