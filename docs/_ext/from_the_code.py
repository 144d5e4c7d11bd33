"""Directives whose content comes from the code, so that the pages cannot drift from it.

Each is a function that returns Markdown: easy to read here, easy to test without Sphinx.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import catalogue
from docutils import nodes
from examples import EXAMPLES, result_of
from marking import code, table
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from sealstamp import errors
from sealstamp.cli import build_parser
from sealstamp.core import encoding, familiar, forms, lint, request, runtime, timing, verifier
from sealstamp.core.asymmetric import ALGORITHMS, RSA_BITS, Algorithm
from sealstamp.core.filters import FILTERS, HASHES, Argument, Filter, Kind
from sealstamp.core.findings import RULES
from sealstamp.errors import Reason
from sealstamp.schemes import get_scheme, scheme_names
from sealstamp.server.management.app import OPERATIONS
from sealstamp.server.management.problems import STATUS, Code
from sealstamp.server.settings import PREFIX, Settings

# the notation


def filters() -> str:
    """Every filter: how it is written, what it takes and gives."""
    return table(
        ["filter", "takes", "gives", "what it is", "example"],
        (
            [code(entry.name), _kinds(entry.takes), entry.gives.value, _summary(entry), _example(entry.name)]
            for entry in FILTERS.values()
        ),
    )


def _example(name: str) -> str:
    template = EXAMPLES.get(name)
    if template is None:
        return "–"
    result = result_of(template)
    return f"{code(template)} → {code(result if len(result) <= LONGEST else f'{result[:LONGEST]}…')}"


LONGEST = 40
"""Longer results are cut."""


def _kinds(kinds: frozenset[Kind]) -> str:
    return " or ".join(kind.value for kind in Kind if kind in kinds)


def _summary(entry: Filter) -> str:
    arguments = ", then ".join(kind.value for kind in entry.arguments)
    hashes = f" ({', '.join(map(code, sorted(HASHES)))})" if Argument.HASH in entry.arguments else ""
    return f"{entry.summary}. Arguments: {arguments}{hashes}" if arguments else entry.summary


def algorithms() -> str:
    """Every signature algorithm, with the key that it needs and what its signature is."""
    rows = ([code(entry.name), _key_of(entry), _signature_of(entry)] for entry in ALGORITHMS.values())
    return table(["algorithm", "key", "raw signature"], rows)


def _key_of(entry: Algorithm) -> str:
    return f"RSA, {RSA_BITS.start} to {RSA_BITS.stop - 1} bits" if entry.family == "RSA" else entry.family


def _signature_of(entry: Algorithm) -> str:
    if entry.family.startswith("P-"):
        return f"r and s, {entry.size} bytes each" if entry.size else "DER"
    return "as long as the key" if entry.family == "RSA" else "64 bytes"


def time_formats() -> str:
    """Every time format, with one moment written in it."""
    moment_ms = 1_767_323_045_000
    return table(
        ["format", "what it is", "2 January 2026, 03:04:05 UTC"],
        (
            [code(entry.name), entry.summary, code(entry.write(moment_ms).decode())]
            for entry in timing.TIME_FORMATS.values()
        ),
    )


def key_forms() -> str:
    """Every form of a generated text."""
    alphabets = ([code(f"{name} N"), f"N characters of {code(text)}"] for name, text in forms.ALPHABETS.items())
    pairs = ([code(name), f"a private key of {kind}, in PEM"] for name, (kind, _) in forms.PAIRS.items())
    return table(["form", "what it makes"], [*alphabets, [code("uuid"), "a UUID, version 4, with dashes"], *pairs])


# refusals


def reasons() -> str:
    """Every reason, and what a caller sees of it where the API has no response profile."""
    return table(["reason", "the caller reads", "HTTP status", "public message", "when"], map(_reason, Reason))


def _reason(reason: Reason) -> list[str]:
    if reason is Reason.ACCEPTED:
        return [code(reason), "–", "–", "–", "The request is let through."]
    error = _error_of(reason)
    when = (error.__doc__ or "").splitlines()[0]
    return [code(reason), code(error.public_reason), str(error.status), error.public_message, when]


def _error_of(reason: Reason) -> type[Any]:
    """Return the error with this reason; for one that only callers read, the error that says it to them."""
    found = [entry for entry in vars(errors).values() if isinstance(entry, type) and hasattr(entry, "public_reason")]
    exact = [entry for entry in found if getattr(entry, "reason", None) is reason]
    return next(iter(exact or [entry for entry in found if entry.public_reason is reason]))


def management_operations() -> str:
    """Every operation of the management API, and who may call it."""
    rows = ([code(f"{one.method} {one.path}"), one.summary, str(one.role or "–")] for one in OPERATIONS)
    return table(["operation", "what it does", "role"], rows)


def management_problems() -> str:
    """Every code of the management API's own, its status and when it comes."""
    told = re.findall(r'(\w+) = "\w+"\n    """(.*?)"""', inspect.getsource(Code), re.S)
    return table(["code", "status", "when"], ([code(Code[name]), str(STATUS[Code[name]]), when] for name, when in told))


def limits() -> str:
    """Every limit on what a request may bring."""
    return table(
        ["what", "at most"],
        [
            ["header field lines", f"{request.MAX_HEADERS:,}"],
            ["parameters in a query or a form body", f"{encoding.MAX_PARAMETERS:,}"],
            ["an access key id", f"{verifier.MAX_ACCESS_KEY_ID:,} characters"],
            ["a nonce", f"{runtime.MAX_NONCE:,} characters"],
            ["a decimal time", f"{timing.MAX_DIGITS:,} digits"],
            ["a packed text", f"{familiar.MAX_LENGTH:,} bytes"],
        ],
    )


# the command line

_USAGE = partial(argparse.HelpFormatter, width=100)


def command_line() -> str:
    """Every command: how it is called, and each of its options."""
    return "\n".join(_command(words, parser) for words, parser in commands(build_parser()))


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ("sealstamp",)
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Yield every command's words and its parser, a group before what is in it."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*words, name))


def _command(words: tuple[str, ...], parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = _USAGE  # argparse would fold lines to the width of this terminal
    usage = parser.format_usage().removeprefix("usage: ")
    options = [action for action in parser._actions if not isinstance(action, _UNTOLD)]
    return "\n".join(
        [
            f"{'###' if len(words) < 3 else '####'} {' '.join(words)}\n",
            f"{(parser.description or '').rstrip('.')}.\n",
            f"```text\n{usage}```\n",
            table(["argument", "what it is"], map(_option, options)) if options else "",
        ]
    )


_UNTOLD = (argparse._HelpAction, argparse._SubParsersAction)


def _option(action: argparse.Action) -> list[str]:
    value = f" {action.metavar}" if action.metavar and action.option_strings else ""
    names = ", ".join(code(f"{name}{value}") for name in action.option_strings) or code(action.metavar)
    about = re.sub(r"--[a-z-]+|\$[A-Z_]+", lambda match: code(match[0]), action.help or "")
    return [names, about + ("; required" if action.required and action.option_strings else "")]


# the settings


def every_setting() -> str:
    """Every setting: its default, how it is written, its variable."""
    defaults = Settings.model_construct().shown()
    return table(
        ["setting", "default", "written as", "variable", "what it is"],
        (
            [
                code(name),
                _default(defaults[name]),
                _written(defaults[name]),
                code(variable_of(name)),
                str(field.description),
            ]
            for name, field in Settings.model_fields.items()
        ),
    )


def variable_of(name: str) -> str:
    """Return the variable that sets a setting."""
    return f"{PREFIX}{name.upper()}"


def _default(value: object) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value or "")
    return code(text) if text else "none"


def _written(default: object) -> str:
    if isinstance(default, list):
        return "list"
    if isinstance(default, int):
        return "number"
    return "duration" if default and DURATION.fullmatch(str(default)) else "text"


DURATION = re.compile(r"\d+ [a-z]+")

# Sphinx


def lint_rules() -> str:
    """Every rule of the lint, and what it costs."""
    rows = ([code(rule.code), str(rule.cost), rule.problem, rule.attack, rule.remedy] for rule in RULES)
    return table(["rule", "cost", "problem", "what can be done", "remedy"], rows)


def grade_limits() -> str:
    """Every grade, and what a scheme must have left for it."""
    return table(["grade", "from"], ([grade, str(least)] for grade, least in lint.GRADES.items()))


def _codes(report: lint.Report) -> str:
    return ", ".join(code(finding.rule.code) for finding in report.findings) or "nothing"


def grades() -> str:
    """Every scheme of the catalogue with its grade, and what it loses it for."""
    reports = ((name, lint.lint(get_scheme(name))) for name in scheme_names())
    rows = (
        [
            f"[{code(name)}](catalogue/{name}.md)",
            report.grade,
            str(report.score),
            _codes(report),
        ]
        for name, report in reports
    )
    return table(["scheme", "grade", "of 100", "findings"], rows)


def vectors() -> str:
    """How many test vectors each scheme has, as they are checked in."""
    rows = [_vectors_of(folder) for folder in sorted(VECTORS.iterdir()) if (folder / "scheme.json").exists()]
    total = [f"{len(rows)} schemes", *(str(sum(int(row[column]) for row in rows)) for column in range(1, 5))]
    return table(["scheme", "accepted", "of these not covered", "of these published", "refused"], [*rows, total])


def _vectors_of(folder: Path) -> list[str]:
    facts = json.loads((folder / "scheme.json").read_text(encoding="utf-8"))
    begins = (sum(case.startswith(word) for case in facts["cases"]) for word in ("not-covered-", "published-"))
    return [code(facts["scheme"]), str(facts["accept"]), *map(str, begins), str(facts["reject"])]


VECTORS = Path(__file__).parents[2] / "vectors"

DIRECTIVES: dict[str, Callable[[], str]] = {
    "lint-rules": lint_rules,
    "grades": grades,
    "grade-limits": grade_limits,
    "filters": filters,
    "algorithms": algorithms,
    "time-formats": time_formats,
    "key-forms": key_forms,
    "reasons": reasons,
    "management-operations": management_operations,
    "management-problems": management_problems,
    "limits": limits,
    "schemes": catalogue.index,
    "command-line": command_line,
    "settings": every_setting,
    "vectors": vectors,
}


class _FromTheCode(SphinxDirective):
    write: ClassVar[Callable[[], str]]

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # the code may have changed where the page has not
        return self.parse_text_to_nodes(type(self).write(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    for name, write in DIRECTIVES.items():
        app.add_directive(name, type(name, (_FromTheCode,), {"write": staticmethod(write)}))
    app.connect("builder-inited", lambda app: catalogue.write_pages(Path(app.srcdir) / "catalogue"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
