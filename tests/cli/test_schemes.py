"""``sealstamp schemes``: the catalogue, what a scheme says, and what is wrong with a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sealstamp.core.coverage import Covered
from sealstamp.schemes import scheme_names
from tests.cli.command import STRONG
from tests.cli.conftest import Run


def test_list(run: Run) -> None:
    """Every scheme of the catalogue, by the names that other commands take."""
    ran = run("schemes", "list")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["NAME", *scheme_names()]
    assert [entry["name"] for entry in run("schemes", "list", "--json").json] == list(scheme_names())


def test_list_with_facts(run: Run) -> None:
    """The catalogue's table: every scheme with its grade, and what it covers."""
    document = run("schemes", "list", "--long", "--json").json
    assert [entry["name"] for entry in document] == list(scheme_names())
    assert {"grade", "mac", "replay", "covered", "uncovered", "score", "vendor", "title", "url"} < set(document[0])
    lines = run("schemes", "list", "--long").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [[entry["name"], entry["grade"]] for entry in document]


@pytest.mark.parametrize("name", scheme_names())
def test_show(run: Run, name: str) -> None:
    """What a scheme says, for people and as data; what it leaves unsigned is said in both."""
    document = run("schemes", "show", name, "--json").json
    assert set(document) == {
        *("name", "title", "vendor", "url", "summary", "fields", "time", "nonce"),
        *("parameters", "recipe", "signed", "unsigned", "mac", "replay", "grade"),
    }
    assert {*document["signed"], *document["unsigned"], "access key id"} == set(Covered)
    text = run("schemes", "show", name).out
    assert all(part in text for part in (name, document["url"], *document["fields"], *document["unsigned"]))
    assert all(parameter["name"] in text for parameter in document["parameters"])
    assert all(f"{step['name']}: {step['is']}" in text for step in document["recipe"])


def test_show_and_check_a_file(run: Run, strong: str) -> None:
    """A file is shown as the catalogue's schemes are; checking it says what it leaves open."""
    assert run("schemes", "show", strong, "--json").json["name"] == "strong"
    text, document = run("schemes", "check", strong).out, run("schemes", "check", strong, "--json").json
    assert document == {"name": "strong", "ok": True, "unsigned": document["unsigned"]}
    assert text == f"{strong}: ok\nnot signed: {', '.join(document['unsigned']) or 'nothing'}\n"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("[nonce]", "[nonec]", "nonec"),
        ("|sha256|", "|sha257|", "sha257"),
        ('past   = "5 min"', 'past   = "5 mni"', "5 mni"),
        ("{digest}", "{digets}", "digets"),
        ('"header X-Date"', '"footer X-Date"', "footer"),
        ('title  = "A strong scheme"', "title  = A strong scheme", "TOML"),
    ],
)
def test_check_names_file_line_problem_and_hint(run: Run, tmp_path: Path, old: str, new: str, word: str) -> None:
    """A mistake is told with its place and a remedy, for people and for scripts alike, and is 2."""
    line = STRONG[: STRONG.index(old)].count("\n") + 1
    file = tmp_path / "draft.toml"
    file.write_text(STRONG.replace(old, new))
    for form in ((), ("--json",)):
        ran = run("schemes", "check", str(file), *form)
        assert (ran.code, ran.out) == (2, "")
        assert ran.problem.startswith(f"{file}:{line}: ")
        assert word in ran.problem


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"#" * 1_000_001, b"title = 1\n", b"\0"])
def test_check_of_what_is_no_scheme(run: Run, tmp_path: Path, content: bytes) -> None:
    """Not UTF-8, empty, huge: told, and 2."""
    (tmp_path / "draft.toml").write_bytes(content)
    ran = run("schemes", "check", "draft.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith("draft.toml")


@pytest.mark.parametrize(
    "words", [("check", "missing.toml"), ("check", "."), ("show", "missing.toml"), ("show", "nope")]
)
def test_what_is_not_there(run: Run, words: tuple[str, ...]) -> None:
    """A file or name that is not there is 2."""
    ran = run("schemes", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem


def test_lint_says_what_can_be_done_and_what_to_do(run: Run) -> None:
    """A weak scheme's findings each come with an attack and a remedy; the grade is in both forms of output."""
    document = run("schemes", "lint", "stardust", "--json").json
    assert (document["name"], document["grade"]) == ("stardust", "F")
    keys = {"code", "cost", "problem", "where", "attack", "remedy", "shown"}
    assert all(keys == set(each) for each in document["findings"])
    shown = [each["shown"] for each in document["findings"] if each["shown"]]
    assert {"claim", "signed", "accepted", "later_ms"} == set(shown[0])
    text = run("schemes", "lint", "stardust").out
    assert text.startswith("stardust: grade F")
    assert all(each["code"] in text and each["attack"] in text for each in document["findings"])
    assert all(line in text for each in shown for line in each["accepted"].splitlines())


def test_lint_of_the_whole_catalogue(run: Run) -> None:
    """As a table, and as data; a name and --all are not for one another."""
    document = run("schemes", "lint", "--all", "--json").json
    assert [entry["name"] for entry in document] == list(scheme_names())
    lines = run("schemes", "lint", "--all").out.splitlines()[1:]
    assert [line.split()[:3] for line in lines] == [[e["name"], e["grade"], str(e["score"])] for e in document]
    assert run("schemes", "lint", "bbx", "--all").code == run("schemes", "lint").code == 2


def test_vectors_are_listed(run: Run) -> None:
    """Each case with its reason, for people and as data; nothing is written."""
    document = run("schemes", "vectors", "bbx", "--json").json
    (made,) = document
    assert (made["scheme"], made["folder"]) == ("bbx", None)
    assert made["accept"] + made["reject"] == len(made["cases"])
    assert made["reject"] >= 12
    ran = run("schemes", "vectors", "bbx")
    assert ran.err == ""
    lines = [line.split()[:3] for line in ran.out.splitlines()]
    assert lines[1:] == [["bbx", case["case"], case["reason"]] for case in made["cases"]]


def test_vectors_are_written(run: Run, tmp_path: Path, strong: str) -> None:
    """Of several schemes, one of them a file; progress goes to standard error."""
    ran = run("schemes", "vectors", "stardust", strong, "--out", str(tmp_path / "out"))
    assert ran.code == 0
    assert [line.split(",")[0] for line in ran.err.splitlines()] == ["1 of 2: stardust", "2 of 2: strong"]
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        str(tmp_path / "out" / name) for name in ("stardust", "strong")
    ]
    for name in ("stardust", "strong"):
        written = {path.parent.name for path in (tmp_path / "out" / name).glob("*/case.json")}
        told = json.loads((tmp_path / "out" / name / "scheme.json").read_text())
        assert written == set(told["cases"])
    request = (tmp_path / "out" / "stardust" / "get" / "request.http").read_bytes()
    assert request.startswith(b"GET /v1/orders/42?limit=10&sort=asc HTTP/1.1\r\nhost: api.example.com\r\n")


def test_vectors_of_what_is_not_there(run: Run, tmp_path: Path) -> None:
    """A name that is no scheme is 2, and a folder that cannot be is 1."""
    assert run("schemes", "vectors", "nope").code == 2
    (tmp_path / "file").write_text("")
    ran = run("schemes", "vectors", "bbx", "--out", str(tmp_path / "file"))
    assert (ran.code, ran.out) == (1, "")
    assert ran.problem


def test_listing_imports_no_cryptography() -> None:
    """The heads of the files are all it takes; what is imported beside is waited for each time."""
    program = "import sys; from sealstamp.cli import main; main(['schemes', 'list', '--json']); sys.stdout.flush()\n"
    program += "assert not {'cryptography', 'pathlib', 'sealstamp.core.loader', 'sqlalchemy'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
