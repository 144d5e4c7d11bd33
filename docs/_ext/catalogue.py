"""The catalogue's pages, one a scheme, written from the scheme files when the documentation is built."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marking import block, code, prose, table

from sealstamp.core import timing
from sealstamp.core.coverage import Covered
from sealstamp.core.example import Example, example_of
from sealstamp.core.findings import Finding
from sealstamp.core.lint import lint
from sealstamp.core.scheme import INPUTS, Carrier, Packed, Scheme
from sealstamp.guide import snippets
from sealstamp.guide.attacks import demonstrate
from sealstamp.guide.facts import Facts, facts_of
from sealstamp.guide.recipe import recipe_of
from sealstamp.guide.wire import write_request
from sealstamp.schemes import get_scheme, scheme_names


def write_pages(folder: Path) -> None:
    """Write every scheme's page; what has not changed is left alone, and pages of schemes that are gone go too."""
    folder.mkdir(exist_ok=True)
    pages = {f"{name}.md": page(get_scheme(name)) for name in scheme_names()}
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def page(scheme: Scheme) -> str:
    """Write one scheme's page."""
    source: dict[str, Any] = tomllib.loads(scheme.source)
    example = example_of(scheme)
    return "\n".join(
        [
            f"# {scheme.title}\n",
            f"Name {code(scheme.name)}; vendor {prose(scheme.vendor)}, [its page]({scheme.url}).",
            f"{prose(scheme.summary)}\n",
            *_facts(facts_of(scheme)),
            "## What travels, and where\n",
            table(["field", "travels in", "is"], _fields(scheme)),
            *_parameters(scheme),
            *_rules(scheme, source),
            "## The recipe\n",
            *_recipe(scheme),
            "\nAs the scheme file says it:\n",
            block("toml", f"[sign]\n{_section(scheme.source, 'sign')}"),
            *_example(example),
            *_safety(scheme),
            "## Refusals\n",
            _answers(scheme),
        ]
    )


def _facts(facts: Facts) -> Iterator[str]:
    yield table(
        ["grade", "signed with", "covered", "not covered", "replay protection"],
        [[facts.grade, facts.mac, _list(facts.covered), _list(facts.uncovered), facts.replay]],
    )


def _list(parts: tuple[str, ...]) -> str:
    return ", ".join(parts) or "nothing"


def _fields(scheme: Scheme) -> Iterator[list[str]]:
    for carrier in scheme.carriers:
        for name in carrier.carried:
            yield [code(name), _where(carrier), _origin(scheme, name)]


def _where(carrier: Carrier) -> str:
    places = ", or ".join(code(place) for place in carrier.places)
    packed = f" (packed: {', '.join(map(code, carrier.carried))})" if isinstance(carrier, Packed) else ""
    return places + packed + (", may be absent" if carrier.optional else "")


def _origin(scheme: Scheme, name: str) -> str:
    if name in scheme.chosen:
        return "a list that the signer chooses"
    if name in scheme.definitions:
        return "computed, and compared by the verifier"
    return "given with each request" if name in INPUTS else "a parameter"


def _section(source: str, name: str) -> str:
    """Return the lines of one section of a scheme file, without its head."""
    return source.partition(f"[{name}]\n")[2].partition("\n[")[0].strip()


def _parameters(scheme: Scheme) -> Iterator[str]:
    if scheme.declared:
        yield "## What an API may set\n"
        yield table(["parameter", "default", "about"], map(_parameter, scheme.declared))


def _parameter(entry: Any) -> list[str]:
    choices = f": {' or '.join(map(code, entry.one_of))}" if entry.one_of else ""
    return [code(entry.name), code(entry.default) if entry.default else "empty", prose(entry.about) + choices]


def _rules(scheme: Scheme, source: dict[str, Any]) -> Iterator[str]:
    yield "## Time, nonce, keys\n"
    if scheme.time is None:
        yield "- time: none, so no window"
    else:
        past, future = (timing.write_duration(ms) for ms in (scheme.time.past_ms, scheme.time.future_ms))
        yield f"- time: {code(scheme.time.format.name)}, at most {past} old and {future} ahead"
    yield f"- nonce: {code(source['nonce']['make'])}, used once" if scheme.nonce else "- nonce: none"
    for name, chosen in scheme.chosen.items():
        named = ", ".join(map(code, chosen.must_name)) or "nothing"
        yield f"- {code(name)} is chosen by the signer, and must name {named}"
    keys: dict[str, str] = source.get("keys", {})
    yield f"- new pairs: {', '.join(f'{name} {code(form)}' for name, form in keys.items()) or 'the default forms'}\n"


def _recipe(scheme: Scheme) -> Iterator[str]:
    for number, step in enumerate(recipe_of(scheme), start=1):
        yield f"{number}. **{prose(step.name)}**: {prose(step.text)}"
        yield from (f"   - {prose(part)}" for part in step.parts)


def _example(example: Example) -> Iterator[str]:
    yield "## An example\n"
    yield "The pair exists in this documentation only. The request, before it is signed:\n"
    yield block("text", write_request(example.request))
    yield "What is computed, step by step:\n"
    for stage in example.stages:
        yield f"{code(stage.name)}\n"
        yield block("text", stage.text or "(empty)")
    yield "The request as it is sent:\n"
    yield block("text", write_request(example.signed))
    yield "On the command line:\n"
    yield block("sh", snippets.command(example))
    yield "In Python:\n"
    yield block("python", snippets.python(example))


def _safety(scheme: Scheme) -> Iterator[str]:
    report = lint(scheme)
    yield "## How safe it is\n"
    yield f"Grade {report.grade}, {report.score} of 100; [the rules](../safety.md).\n"
    for finding in report.findings:
        yield from _finding(scheme, finding)


def _finding(scheme: Scheme, finding: Finding) -> Iterator[str]:
    rule, where = finding.rule, f" ({prose(finding.detail)})" if finding.detail else ""
    yield f"### {code(rule.code)}\n"
    yield f"{prose(rule.problem)}{where}. It costs {rule.cost}.\n"
    yield f"- Attack: {prose(rule.attack)}."
    yield f"- Remedy: {prose(rule.remedy)}.\n"
    if shown := demonstrate(scheme, finding):
        yield f"Shown: {prose(shown.claim)}. Signed was:\n"
        yield block("text", write_request(shown.signed))
        yield "Accepted is:\n"
        yield block("text", write_request(shown.accepted))


def _answers(scheme: Scheme) -> str:
    if scheme.responses is None:
        return "It has no response profile; refusals are written as problem details (RFC 9457).\n"
    answers = [(code(reason), answer) for reason, answer in scheme.responses.answers.items()]
    return f"In the envelope {code(scheme.responses.body)}:\n\n" + table(
        ["reason", "HTTP status", "code", "message"],
        (
            [reason, str(answer.status), code(answer.code), prose(answer.message)]
            for reason, answer in [*answers, ("any other", scheme.responses.default)]
        ),
    )


def index() -> str:
    """Write the table of all schemes, each with a link to its page."""
    return table(
        ["scheme", "vendor", "grade", "covered", "signed with", "replay protection"],
        (_row(facts_of(get_scheme(name))) for name in scheme_names()),
    )


def _row(facts: Facts) -> list[str]:
    link = f"[{code(facts.name)}](catalogue/{facts.name}.md)"
    covered = "everything" if len(facts.covered) == len(Covered) else _list(facts.covered)
    return [link, prose(facts.vendor), facts.grade, covered, facts.mac, facts.replay]
