"""The documentation says what is so: its snippets run, its names exist, and what exists is documented."""

from __future__ import annotations

import argparse
import builtins
import importlib
import importlib.util
import io
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from sealstamp import errors
from sealstamp.cli import INTERRUPTED, UNHEARD, build_parser, main, output
from sealstamp.core.document import Document
from sealstamp.core.example import example_of
from sealstamp.core.filters import FILTERS, HASHES
from sealstamp.core.forms import ALPHABETS
from sealstamp.core.loader import load_scheme
from sealstamp.core.places import Where
from sealstamp.core.template import parse_template
from sealstamp.core.timing import TIME_FORMATS
from sealstamp.core.tree import Atom, Part
from sealstamp.errors import Reason
from sealstamp.guide.facts import facts_of
from sealstamp.keys.manifest import parse_manifest
from sealstamp.keys.sealing import UnsealingError
from sealstamp.schemes import built_in_names, get_scheme, scheme_names
from sealstamp.server.settings import PREFIX, Settings, load_settings

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "sealstamp"
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if not {"_build", "catalogue"} & set(page.parts))
README = [page for page in [ROOT / "README.md"] if page.exists()]
NOTES = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]


@dataclass(frozen=True)
class Snippet:
    page: Path
    line: int
    language: str
    text: str

    @property
    def title(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def snippets(pages: list[Path], *languages: str) -> list[Snippet]:
    return [snippet for page in pages for snippet in _snippets_of(page) if snippet.language in languages]


def _snippets_of(page: Path) -> Iterator[Snippet]:
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^(?P<fence>`{3,})(?P<language>\w+)[^\n]*\n(?P<text>.*?)^(?P=fence)$", text, re.M | re.S):
        yield Snippet(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"])


def code_spans(page: Path) -> list[str]:
    """Inline code, fenced blocks left out."""
    prose = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [span[1] or span[2] for span in re.finditer(r"``(.+?)``|`([^`\n]+)`", prose)]


def title(value: object) -> str | None:
    if isinstance(value, Snippet):
        return value.title
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else None


# the build


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The docs, built into a folder of their own."""
    folder = tmp_path_factory.mktemp("docs")
    flags = ["-W", "-n", "-q", "--keep-going", "-d", str(folder / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *flags, str(DOCS), str(folder / "html")]
    return subprocess.run(command, capture_output=True, text=True, check=False), folder / "html"


def test_docs_build_without_warnings(build: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    """Whatever Sphinx complains about fails the build: broken references, pages nobody links, bad markup."""
    process, html = build
    assert (process.returncode, process.stderr) == (0, "")
    assert (html / "index.html").exists()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("notation", FILTERS),
        ("notation", HASHES),
        ("notation", TIME_FORMATS),
        ("notation", {f"{name} N" for name in ALPHABETS}),
        ("errors", Reason),
        ("schemes", scheme_names()),
        ("settings", Settings.model_fields),
        ("settings", [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]),
    ],
)
def test_generated_tables_are_on_their_pages(
    build: tuple[subprocess.CompletedProcess[str], Path], page: str, words: Mapping[str, object]
) -> None:
    """Every filter, hash, time format, form, reason and scheme is documented."""
    text = re.sub(r"</span>\s*<span class=\"pre\">", " ", (build[1] / f"{page}.html").read_text(encoding="utf-8"))
    assert [word for word in words if f">{word}<" not in text] == []


@pytest.mark.parametrize("name", scheme_names())
def test_every_scheme_has_a_page(build: tuple[subprocess.CompletedProcess[str], Path], name: str) -> None:
    """Fields, recipe, an example with every stage, and what the scheme leaves open are on its page."""
    html = (build[1] / "catalogue" / f"{name}.html").read_text(encoding="utf-8")
    text = unescape(re.sub(r"<[^>]+>", "", html))
    scheme = get_scheme(name)
    facts = facts_of(scheme)
    assert scheme.title in text
    assert all(word in text for word in (*scheme.carried, *scheme.definitions, *scheme.parameters))
    assert all(word in text for word in (facts.grade, ", ".join(facts.uncovered), facts.mac, facts.replay))
    assert all(stage.text.split("\n")[0].strip() in text for stage in example_of(scheme).stages)


def test_four_systems_say_that_they_leave_everything_open(
    build: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """Of the four systems none covers method, path, query or body, and their pages say so."""
    for name in ("stardust", "cdnetworks-api-shield", "taurusx", "bbx"):
        assert "method, host, path, query, body" in (build[1] / "catalogue" / f"{name}.html").read_text()


def test_every_filter_has_an_example() -> None:
    """The table of filters shows each at work; what a key pair signs with is not to be foreseen."""
    source = (DOCS / "_ext" / "examples.py").read_text(encoding="utf-8")
    shown = set(re.findall(r'^    "(\w+)": "\{', source, re.M))
    assert shown == FILTERS.keys() - {"sign"}, "give each filter an example in docs/_ext/examples.py"


# snippets


RUN_WITH_A_STORE = DOCS / "frameworks.md"
"""``tests/guarding/test_page.py`` runs its programs, and asks each of them."""


@pytest.mark.parametrize("page", [page for page in [*README, *PAGES] if page != RUN_WITH_A_STORE], ids=title)
def test_python_snippets_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's Python runs from top to bottom in one namespace, and prints what stands after ``# →``.

    A TOML snippet whose first line is ``# NAME.toml`` is a file of that name, as it is for the reader.
    """
    monkeypatch.chdir(tmp_path)
    for snippet in snippets([page], "toml"):
        if named := re.match(r"# ([\w-]+\.toml)\n", snippet.text):
            Path(named[1]).write_text(snippet.text, encoding="utf-8")
    namespace: dict[str, object] = {"__name__": "snippet"}
    for snippet in snippets([page], "python"):
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(snippet.text, snippet.title, "exec"), namespace)
        if promised := re.findall(r"# → (.*)", snippet.text):
            assert printed.getvalue().splitlines() == promised, snippet.title


BASE = {
    "fields": 'access_key_id = "header X-Key"\ntimestamp = "header X-Time"\nsignature = "header X-Signature"',
    "time": 'format = "unix-s"\npast = "5 min"\nfuture = "5 min"',
    "sign": 'string_to_sign = "{timestamp}"\nsignature = "{string_to_sign|hmac:sha256,secret|hex}"',
}
"""The rest of a scheme, for snippets that show one part of it."""
HEAD = 'title = "T"\nvendor = "V"\nurl = "https://example.com"\n'
SECTIONS = {"code", "chosen", "parameters", "fields", "packed", "time", "nonce", "sign", "keys", "responses"}
MANIFEST = {"apis", "consumers", "access_keys"}


def check_scheme(name: str, parameters: Mapping[str, str]) -> None:
    if not name.endswith(".toml"):  # a file that the page has the reader save; the tutorial's own test reads it
        get_scheme(name, parameters)


@pytest.mark.parametrize("snippet", snippets([*README, *PAGES], "toml"), ids=title)
def test_toml_snippets_load(snippet: Snippet, tmp_path: Path) -> None:
    """A whole scheme loads; a part of one loads with the rest put around it; settings and apply files are read."""
    keys = tomllib.loads(snippet.text).keys()
    if "code" in keys:
        Document(snippet.text, snippet.title)  # the Python beside it loads it, with the code
    elif "title" in keys:
        load_scheme(snippet.text, name="snippet", path=snippet.title)
    elif keys <= SECTIONS:
        rest = "".join(f"[{section}]\n{text}\n" for section, text in BASE.items() if section not in keys)
        load_scheme(f"{HEAD}{snippet.text}\n{rest}", name="snippet", path=snippet.title)
    elif keys <= Settings.model_fields.keys():
        (tmp_path / "settings.toml").write_text(snippet.text, encoding="utf-8")
        load_settings(tmp_path / "settings.toml")
    elif keys <= MANIFEST:
        parse_manifest(
            snippet.text,
            place=snippet.title,
            directory=tmp_path,
            check_scheme=check_scheme,
            environment=dict.fromkeys(re.findall(r'secret_env\s*=\s*"(\w+)"', snippet.text), "secret"),
        )


def documented_commands() -> list[list[str]]:
    """The words before the first option of every line that calls ``sealstamp``, each only once."""
    lines = [
        line for part in snippets([*README, *PAGES], "sh", "shell", "bash", "console") for line in part.text.split("\n")
    ]
    calls = [line.removeprefix("$ ").split()[1:] for line in lines if re.match(r"(\$ )?sealstamp ", line)]
    found = {" ".join(_words_before_options(words)) for words in calls}
    found |= {span.split()[1] for page in [*README, *PAGES, *NOTES] for span in code_spans(page) if _is_call(span)}
    return [command.split() for command in sorted(found)]


def _words_before_options(words: list[str]) -> list[str]:
    end = next((index for index, word in enumerate(words) if not re.fullmatch(r"[a-z][a-z-]*", word)), len(words))
    return words[:end]


def _is_call(span: str) -> bool:
    return re.match(r"sealstamp [a-z]", span) is not None


@pytest.mark.parametrize("command", documented_commands(), ids=" ".join)
def test_documented_commands_exist(command: list[str]) -> None:
    """The command line knows every subcommand that the pages call."""
    with redirect_stdout(io.StringIO()):
        assert main([*command, "--help"]) == 0


def test_every_command_and_option_is_documented(build: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    """The page of the command line has a heading for every command, and a row for every option."""
    text = re.sub(r"<[^>]+>", "", (build[1] / "cli.html").read_text(encoding="utf-8"))
    text = re.sub(r"\s+", " ", unescape(text).translate(STRAIGHT))
    assert [line for line in _described(build_parser()) if line.translate(STRAIGHT) not in text] == []


STRAIGHT = str.maketrans("’‘", "''", '"“”')  # noqa: RUF001
"""Undoes what the pages' typography does to help texts."""


def _described(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every command, option and help text."""
    yield parser.prog
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _described(below)
        elif not isinstance(action, argparse._HelpAction):
            yield from action.option_strings or [str(action.metavar)]
            yield str(action.help)


def test_exit_codes_are_documented() -> None:
    """The page of the command line tells the codes that there are."""
    spans = set(code_spans(DOCS / "cli.md"))
    codes = {output.DONE, output.FAILED, output.MISUSED, INTERRUPTED, UNHEARD}
    assert {str(code) for code in codes} <= spans


# names


@pytest.mark.parametrize("page", [*README, *PAGES, *NOTES], ids=title)
def test_named_files_exist(page: Path) -> None:
    """A file that a page names, by its path from the root or from the package, is there."""
    paths = [span for span in code_spans(page) if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/([\w-]+\.(py|md|toml))?", span)]
    named = [path for path in paths if "NAME" not in path]
    assert [path for path in named if not (ROOT / path).exists() and not (PACKAGE / path).exists()] == []


@pytest.mark.parametrize("page", [*README, *PAGES, *NOTES], ids=title)
def test_named_code_exists(page: Path) -> None:
    """A dotted name, and the name of an error, is one that can be imported."""
    dotted = [span for span in code_spans(page) if re.fullmatch(r"sealstamp(\.\w+)+", span)]
    raised = [span for span in code_spans(page) if re.fullmatch(r"\w+Error", span)]
    known = {*vars(errors), *vars(builtins), UnsealingError.__name__}
    assert [name for name in dotted if not _importable(name)] + [name for name in raised if name not in known] == []


def _importable(name: str) -> bool:
    """Tell whether it is a module, without importing it, for some want settings of a framework; or what is in one."""
    try:
        if importlib.util.find_spec(name) is not None:
            return True
    except ModuleNotFoundError:  # what stands above is no package
        pass
    module, _, attribute = name.rpartition(".")
    return bool(module) and hasattr(importlib.import_module(module), attribute)


HOLES = {"{code}", "{message}", "{request_id}", "{time}", "{time_ms}"}


def test_every_template_in_the_reference_can_be_read() -> None:
    """What the reference shows in braces is a template: its filters exist, with these arguments."""
    spans = {span for span in code_spans(DOCS / "notation.md") if re.fullmatch(r"\{\S+\}", span)} - HOLES
    assert spans
    for span in sorted(spans):
        parse_template(span)


def test_every_part_of_a_request_is_documented() -> None:
    """The reference lists every part that a template can read, and no other."""
    read = [
        parse_template(span)
        for span in code_spans(DOCS / "notation.md")
        if re.fullmatch(r"\{[a-z_]+(\.[\w-]+)?\}", span)
    ]
    assert {node.part for node in read if isinstance(node, Atom)} == set(Part)


def test_every_place_is_documented() -> None:
    """The reference shows every kind of place."""
    spans = code_spans(DOCS / "notation.md")
    assert [where for where in Where if not any(re.fullmatch(rf"{where} [\w-]+", span) for span in spans)] == []


def test_every_section_is_documented() -> None:
    """The reference has a heading for every section of a scheme file."""
    headings = re.findall(r"^## `\[(\w+)", (DOCS / "notation.md").read_text(encoding="utf-8"), re.M)
    assert sorted(headings) == sorted(SECTIONS)
    sections = re.findall(r"^\s+\[(\w+)", importlib.import_module("sealstamp.core.loader").__doc__ or "", re.M)
    assert set(sections) == SECTIONS


def test_words_of_the_errors_page_are_reasons() -> None:
    """No reason is mentioned that does not exist."""
    attributes = {"public_message", "public_reason"}
    spans = {span for span in code_spans(DOCS / "errors.md") if re.fullmatch(r"[a-z]+_[a-z_]+", span)}
    assert spans - attributes <= set(Reason)


def test_reserved_reasons_are_those_that_nothing_raises() -> None:
    """The errors page says honestly which reasons cannot occur yet."""
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.name != "errors.py"]
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and "reason" in vars(kind)]
    unraised = {vars(kind)["reason"] for kind in kinds if not any(f"{kind.__name__}(" in source for source in sources)}
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    sentence = re.search(r"^Reserved, and not raised by anything yet: (.*?)\.$", page, re.M | re.S)
    assert set(re.findall(r"`(\w+)`", sentence[1]) if sentence else []) == unraised


def test_architecture_names_every_package_and_every_file_of_the_core() -> None:
    """The page of the house is the house as it is."""
    spans = set(code_spans(DOCS / "architecture.md"))
    packages = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.name for path in PACKAGE.glob("[!_]*.py")}
    core = {f"core/{path.name}" for path in PACKAGE.glob("core/[!_]*.py")}
    assert (packages | modules | core) - spans == set()


@pytest.mark.parametrize("page", [*README, *PAGES, *NOTES], ids=title)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A relative link to a file leads to one."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


# what is counted and listed


def test_the_notation_names_every_key() -> None:
    """Each key that the loader reads stands on the page, as code."""
    core = PACKAGE / "core"
    files = [*(core / "loading").glob("*.py"), *(core / f"{name}.py" for name in ("loader", "timerules", "responses"))]
    read = r'\b(?:get|need|table|texts|_keys_of|_?presences?|_optional)\((?:\w+, )?"(\w+)"'
    keys = {key for file in files for key in re.findall(read, file.read_text(encoding="utf-8"))}
    words = {word for span in code_spans(DOCS / "notation.md") for word in re.findall(r"\w+", span)}
    assert len(keys) > 40
    assert sorted(keys - words) == []


def test_the_readme_counts_the_catalogue() -> None:
    """It says how many schemes there are beside the four, in tens."""
    more = re.search(r"\[over (\d+) more\]", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert more
    assert int(more[1]) < len(built_in_names()) - 4 <= int(more[1]) + 15
