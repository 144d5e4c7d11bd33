"""The files in ``vectors/`` are those that the descriptions give, and there are enough of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sealstamp.errors import Reason
from sealstamp.schemes import scheme_names
from tests.vectors import standalone
from tests.vectors.regenerate import FOLDER, NOT_ON_THE_WIRE, files_of

HINT = "the files are not those that the schemes give: run `make vectors`, and look at what changed"


@pytest.mark.parametrize("name", scheme_names())
def test_files_are_up_to_date(name: str) -> None:
    """Whatever changes a scheme, a verifier or a signer shows here."""
    folder = FOLDER / name
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    made = files_of(name)
    assert sorted(there) == sorted(made), HINT
    assert [path for path in made if there[path] != made[path]] == [], HINT


def test_there_is_a_folder_for_every_scheme_and_no_other() -> None:
    """A scheme that is gone takes its vectors with it."""
    assert sorted(path.name for path in FOLDER.iterdir() if path.is_dir()) == list(scheme_names()), HINT


def documents(name: str) -> list[dict[str, object]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / name).glob("*/case.json"))]


@pytest.mark.parametrize("name", scheme_names())
def test_every_scheme_has_enough(name: str) -> None:
    """At least twelve refused requests, and some that are accepted; the list of a scheme says what is there."""
    cases = documents(name)
    kinds = Counter(case["kind"] for case in cases)
    assert kinds["reject"] >= 12
    assert kinds["accept"] >= 6
    summary = json.loads((FOLDER / name / "scheme.json").read_text("utf-8"))
    assert (summary["accept"], summary["reject"]) == (kinds["accept"], kinds["reject"])
    assert summary["cases"] == {case["case"]: case["reason"] for case in cases}


@pytest.mark.parametrize("name", scheme_names())
def test_every_refused_request_is_like_an_accepted_one(name: str) -> None:
    """A case of one fault names the accepted case that has none, and that one is there."""
    accepted = {case["case"] for case in documents(name) if case["kind"] == "accept"}
    named = {case["like"] for case in documents(name) if "like" in case}
    assert named <= accepted


def test_the_readme_tells_every_name_and_reason() -> None:
    """Whoever reads the README alone knows what every name in the files means."""
    readme = (FOLDER / "README.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z_.]+)`", readme))
    cases = [case for name in scheme_names() for case in documents(name)]
    assert {key for case in cases for key in case} <= told
    assert {f"access_key.{key}" for case in cases for key in case["access_key"]} <= told
    assert {f"signing.{key}" for case in cases for key in case.get("signing", {})} <= told
    assert {case["reason"] for case in cases} <= told & set(Reason)


def test_the_readme_tells_every_kind_of_name() -> None:
    """Each case's name is in the table of names, or begins as one of them does."""
    spans = re.findall(r"`([a-z*-]+)`", (FOLDER / "README.md").read_text("utf-8").partition("## Names of cases")[2])
    grammar = re.compile("|".join(span.replace("*", ".+") for span in spans))
    names = {str(case["case"]) for name in scheme_names() for case in documents(name)}
    assert sorted(name for name in names if not grammar.fullmatch(name)) == []


def test_published_vectors_that_are_left_out_are_few() -> None:
    """Only what cannot be sent is left out."""
    assert len(NOT_ON_THE_WIRE) <= 2


def test_a_program_that_imports_nothing_of_ours_reads_them() -> None:
    """The files and their README are enough to test another verifier and another signer."""
    program = Path(standalone.__file__)
    assert "sealstamp" not in re.sub(r'""".*?"""', "", program.read_text("utf-8"), flags=re.S)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(FOLDER)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    counts = json.loads(ran.stdout)
    assert counts["accept"] >= 30
    assert counts["reject"] >= 60
    assert counts["signed"] >= 5


def test_the_program_notices_a_verifier_that_accepts_everything(tmp_path: Path) -> None:
    """Were a refused case said to be accepted, the program would tell."""
    case = tmp_path / "bbx" / "stale"
    case.mkdir(parents=True)
    for file in (FOLDER / "bbx" / "stale").iterdir():
        (case / file.name).write_bytes(file.read_bytes().replace(b'"outside_time_window"', b'"accepted"'))
    program = Path(standalone.__file__)
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr.strip()) == (1, "bbx/stale: expected accepted, came outside_time_window")
