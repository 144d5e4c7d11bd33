"""Writes ``vectors/``: what ``make vectors`` runs, and what the tests hold the checked-in files against."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from sealstamp.core.request import Request
from sealstamp.errors import Reason
from sealstamp.schemes import get_scheme, scheme_names
from sealstamp.vectors.case import Case, Key, Signing, settle
from sealstamp.vectors.files import Files, scheme_files
from sealstamp.vectors.folder import write_folder
from sealstamp.vectors.making import make_cases
from sealstamp.vectors.situation import NOW_MS
from sealstamp.vectors.surgery import rebuilt
from tests.schemes.vectors import NO_SLASH, WITHOUT_BODY, Vector, published

FOLDER = Path(__file__).parents[2] / "vectors"
NOT_ON_THE_WIRE = {
    "aws-sigv4/get-header-value-multiline": "a header value over three lines, which RFC 9112 forbids to send",
    "aws-sigv4/normalize-path/get-space": "a space in the request target",
}
"""Published vectors that no HTTP/1.1 request can be, and why; beside those whose path has no slash."""


@lru_cache(maxsize=1)
def _published() -> dict[str, list[Vector]]:
    by_scheme: dict[str, list[Vector]] = {}
    for vector in published():
        if vector.name not in NO_SLASH | WITHOUT_BODY | NOT_ON_THE_WIRE.keys():
            by_scheme.setdefault(vector.scheme, []).append(vector)
    return by_scheme


def published_cases(name: str) -> Iterator[Case]:
    """Yield the published vectors of a scheme as accepted cases."""
    for vector in _published().get(name, []):
        configured = vector.configured
        declared = {parameter.name: parameter.default for parameter in configured.declared}
        given = {name: value for name, value in configured.parameters.items() if declared.get(name) != value}
        unsigned = rebuilt(vector.request)
        signing = Signing(unsigned, vector.made_ms, vector.facts["nonce"] or None)
        case = Case(
            name="published-" + re.sub("[^a-z0-9]+", "-", vector.name.rpartition("/")[2].lower()),
            title=f"published: {vector.name}",
            scheme=configured,
            parameters=given,
            key=Key(vector.credential),
            request=_as_it_arrives(vector.sign()[0]),
            now_ms=NOW_MS if vector.time_ms is None else vector.time_ms,
            reasons=frozenset({Reason.ACCEPTED}),
            signing=signing,
            source=vector.facts["source"],
        )
        yield settle(case)


def _as_it_arrives(request: Request) -> Request:
    """White space around a header's value is not part of it (RFC 9110, section 5.5)."""
    return rebuilt(request, headers=[(name, value.strip(b" \t")) for name, value in request.headers])


def files_of(name: str) -> Files:
    """Return the files of one scheme's folder.

    Some algorithms sign with chance, so that what they sign differs each time: two makings tell which files these are.
    Those of a case that is otherwise as it was stay as they are, for they are as good as new ones.
    """
    made, again = _made(name), _made(name)
    return {path: _kept(name, path, made) if made[path] != again[path] else made[path] for path in made}


def _made(name: str) -> Files:
    scheme = get_scheme(name)
    cases = {case.name: case for case in (*make_cases(scheme), *published_cases(name))}
    return scheme_files(scheme, [cases[case] for case in sorted(cases)])


def _kept(name: str, path: str, made: Files) -> bytes:
    """Return what is there, if its case is unchanged; a test of its own verifies that it is right."""
    there, facts = FOLDER / name / path, f"{path.partition('/')[0]}/case.json"
    document = FOLDER / name / facts
    unchanged = there.exists() and document.exists() and document.read_bytes() == made[facts]
    return there.read_bytes() if unchanged else made[path]


def main() -> None:
    """Write everything, and clear away the folders of schemes that are no more."""
    names = scheme_names()
    for number, name in enumerate(names, 1):
        files = files_of(name)
        write_folder(FOLDER / name, files)
        print(f"{number} of {len(names)}: {name}, {len(files)} files", file=sys.stderr)
    for folder in FOLDER.iterdir():
        if folder.is_dir() and folder.name not in names:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
