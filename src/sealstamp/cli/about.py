"""What ``sealstamp schemes`` tells of schemes that are read for it: facts, grade, attacks, recipe."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from sealstamp.cli import output
from sealstamp.core.lint import Report, lint
from sealstamp.core.scheme import Scheme
from sealstamp.core.timing import write_duration
from sealstamp.errors import ConfigurationError, SchemeError
from sealstamp.guide.attacks import Demonstration, demonstrate
from sealstamp.guide.describing import describe, report_of
from sealstamp.guide.facts import Facts, facts_of, uncovered
from sealstamp.guide.recipe import write_recipe
from sealstamp.guide.wire import write_request
from sealstamp.schemes import get_scheme, load_file, scheme_names


def _list_facts(arguments: Namespace) -> int:
    """Print the catalogue's table; every scheme is read for it, which takes a moment."""
    facts, broken = _read_all()
    rows = [(entry.name, entry.grade, entry.mac, entry.replay, ", ".join(entry.covered)) for entry in facts]
    rows += [(name, "", "cannot be used", problem, "") for name, problem in broken]
    columns = ("NAME", "GRADE", "SIGNED WITH", "REPLAY PROTECTION", "COVERED")
    return output.show(arguments, [_fields(entry) for entry in facts], lambda: output.show_table(columns, rows))


def _read_all() -> tuple[list[Facts], list[tuple[str, str]]]:
    """Return the facts of every scheme, and the names and problems of those that a broken plug-in brings."""
    facts: list[Facts] = []
    broken: list[tuple[str, str]] = []
    for name in scheme_names():
        try:
            facts.append(facts_of(get_scheme(name)))
        except (ConfigurationError, SchemeError) as error:
            broken.append((name, error.problem))
    return facts, broken


def _fields(facts: Facts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in Facts.__match_args__}


def _show(arguments: Namespace) -> int:
    scheme = get_scheme(arguments.scheme)
    return output.show(arguments, describe(scheme), lambda: _tell(scheme))


def _check(arguments: Namespace) -> int:
    scheme = load_file(Path(arguments.scheme))
    facts = {"name": scheme.name, "ok": True, "unsigned": list(uncovered(scheme))}
    return output.show(arguments, facts, lambda: _tell_ok(arguments.scheme, scheme))


def _lint(arguments: Namespace) -> int:
    if arguments.all:
        return _lint_all(arguments)
    scheme = get_scheme(arguments.scheme)
    report = lint(scheme)
    return output.show(arguments, report_of(scheme, report), lambda: _tell_report(scheme, report))


def _lint_all(arguments: Namespace) -> int:
    schemes = [get_scheme(name) for name in scheme_names()]
    reports = [(scheme, lint(scheme)) for scheme in schemes]
    rows = (
        (scheme.name, report.grade, str(report.score), ", ".join(finding.rule.code for finding in report.findings))
        for scheme, report in reports
    )
    documents = [report_of(*each) for each in reports] if arguments.json else []
    return output.show(arguments, documents, lambda: output.show_table(("NAME", "GRADE", "OF 100", "FINDINGS"), rows))


def _tell_report(scheme: Scheme, report: Report) -> None:
    output.say(f"{scheme.name}: grade {report.grade}, {report.score} of 100")
    for finding in report.findings:
        rule, where = finding.rule, f" ({finding.detail})" if finding.detail else ""
        output.say(f"\n{rule.code}, costs {rule.cost}: {rule.problem}{where}")
        output.say(f"  attack: {rule.attack}")
        output.say(f"  remedy: {rule.remedy}")
        if demonstration := demonstrate(scheme, finding):
            _tell_demonstration(demonstration)


def _tell_demonstration(demonstration: Demonstration) -> None:
    output.say(f"  shown:  {demonstration.claim}")
    for title, request in (("signed", demonstration.signed), ("accepted", demonstration.accepted)):
        output.say(f"    {title}:")
        for line in write_request(request).splitlines():
            output.say(f"      {line}".rstrip())


def _tell_ok(file: str, scheme: Scheme) -> None:
    output.say(f"{file}: ok")
    _tell_unsigned(scheme)


def _tell(scheme: Scheme) -> None:
    output.say(f"{scheme.title} ({scheme.name})")
    output.say(scheme.url)
    output.say(scheme.summary)
    output.say()
    for line in _lines(scheme):
        output.say(f"  {line}")
    output.say()
    for line in write_recipe(scheme):
        output.say(f"  {line}")
    output.say()
    _tell_unsigned(scheme)
    output.say("whatever is not signed can be changed in transit, and the request is accepted all the same")
    output.say(f"grade {lint(scheme).grade}; sealstamp schemes lint {scheme.name} says why")


def _lines(scheme: Scheme) -> Iterator[str]:
    for carrier in scheme.carriers:
        places = " or ".join(str(place) for place in carrier.places)
        yield f"{', '.join(carrier.carried):16} {places}"
    if scheme.time:
        past, future = write_duration(scheme.time.past_ms), write_duration(scheme.time.future_ms)
        yield f"{'time':16} {scheme.time.format.summary}; {past} old to {future} ahead"
        if scheme.time.most_ms is not None:
            yield f"{'lifetime':16} what the client says, {write_duration(scheme.time.most_ms)} at most"
    for parameter in scheme.declared:
        yield f"{'parameter':16} {parameter.name} = {parameter.default!r}: {parameter.about}"


def _tell_unsigned(scheme: Scheme) -> None:
    output.say(f"not signed: {', '.join(uncovered(scheme)) or 'nothing'}")


RUNS = {"list": _list_facts, "show": _show, "check": _check, "lint": _lint}
"""What each act of ``sealstamp schemes`` runs."""
