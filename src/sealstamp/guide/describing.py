"""What a scheme says, and how safe it is, as data."""

from __future__ import annotations

from sealstamp.core.findings import Rule
from sealstamp.core.lint import Report
from sealstamp.core.scheme import Scheme, TimeRule
from sealstamp.guide.attacks import Demonstration, demonstrate
from sealstamp.guide.facts import facts_of
from sealstamp.guide.recipe import recipe_of
from sealstamp.guide.wire import write_request


def describe(scheme: Scheme) -> dict[str, object]:
    """Return what a scheme says, as data."""
    time, nonce, facts = scheme.time, scheme.nonce, facts_of(scheme)
    return {
        "name": scheme.name,
        "title": scheme.title,
        "vendor": scheme.vendor,
        "url": scheme.url,
        "summary": scheme.summary,
        "fields": {", ".join(carrier.carried): [str(place) for place in carrier.places] for carrier in scheme.carriers},
        "time": time and _time(time),
        "nonce": nonce and {"length": nonce.make.length, "alphabet": nonce.make.alphabet, "grows": nonce.grows},
        "parameters": [
            {"name": p.name, "default": p.default, "about": p.about, "one_of": list(p.one_of)} for p in scheme.declared
        ],
        "recipe": [{"name": step.name, "is": step.text, "parts": list(step.parts)} for step in recipe_of(scheme)],
        "signed": list(facts.covered),
        "unsigned": list(facts.uncovered),
        "mac": facts.mac,
        "replay": facts.replay,
        "grade": facts.grade,
    }


def _time(rule: TimeRule) -> dict[str, object]:
    window = {"format": rule.format.name, "past_ms": rule.past_ms, "future_ms": rule.future_ms}
    return window if rule.most_ms is None else {**window, "most_ms": rule.most_ms}


def report_of(scheme: Scheme, report: Report) -> dict[str, object]:
    """Return how safe a scheme is, as data, with what the attacks on it look like."""
    findings = [
        {**_rule(finding.rule), "where": finding.detail, "shown": _shown(demonstrate(scheme, finding))}
        for finding in report.findings
    ]
    return {"name": scheme.name, "grade": report.grade, "score": report.score, "findings": findings}


def _rule(rule: Rule) -> dict[str, object]:
    names = ("code", "cost", "problem", "attack", "remedy")
    return {name: getattr(rule, name) for name in names}


def _shown(demonstration: Demonstration | None) -> dict[str, object] | None:
    if demonstration is None:
        return None
    return {
        "claim": demonstration.claim,
        "signed": write_request(demonstration.signed),
        "accepted": write_request(demonstration.accepted),
        "later_ms": demonstration.later_ms,
    }
