"""Findings that are shown: whatever is printed has been carried out."""

import pytest

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.example import example_of
from sealstamp.core.findings import UNCOVERED, Finding
from sealstamp.core.lint import lint
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.errors import VerificationError
from sealstamp.guide.attacks import LATER_MS, demonstrate
from sealstamp.schemes import get_scheme, scheme_names

ALWAYS = {rule.code for rule in UNCOVERED.values()} | {
    *("no_time", "time_may_lack", "no_nonce", "wide_window", "touching_fields", "ambiguous_text")
}
"""Rules of which every finding in the catalogue can be shown, unless the signer chooses what it covers."""


def findings() -> list[tuple[str, Finding]]:
    return [(name, finding) for name in scheme_names() for finding in lint(get_scheme(name)).findings]


def told(value: object) -> str | None:
    return value.rule.code if isinstance(value, Finding) else None


@pytest.mark.parametrize(("name", "finding"), findings(), ids=told)
def test_what_is_shown_is_so(name: str, finding: Finding) -> None:
    """The verifier takes what was signed and what was made of it; the two differ, or one comes later."""
    scheme = get_scheme(name)
    shown = demonstrate(scheme, finding)
    assert shown is not None or finding.rule.code not in ALWAYS or scheme.chosen or scheme.code
    if shown is None:
        return
    example = example_of(scheme)
    assert shown.rule == finding.rule.code
    example.verify(shown.signed)
    example.verify(shown.accepted, example.time_ms + shown.later_ms)
    assert parts(shown.signed) != parts(shown.accepted) or "sent once more" in shown.claim or shown.later_ms == LATER_MS


def parts(request: Request) -> tuple[object, ...]:
    return request.method, request.target, list(request.headers), request.body, request.authority


def test_a_change_to_what_is_covered_is_never_shown() -> None:
    """A demonstration of a finding that a scheme does not have cannot be had."""
    scheme = get_scheme("aws-sigv4-header")
    assert all(demonstrate(scheme, Finding(rule)) is None for rule in UNCOVERED.values())
    assert lint(scheme).grade == "A"


SIGNED = """
title = "T"
vendor = "V"
url = "https://example.com"
[fields]
access_key_id = "header X-Key"
timestamp = "header X-Time"
signature = "header X-Signature"
[time]
format = "unix-ms"
past = "5 min"
future = "5 min"
[sign]
string_to_sign = ["{method}", "{host}", "{target}{body}", "{timestamp}"]
signature = "{string_to_sign|sign:ALGORITHM,secret|base64}"
"""


def test_two_bodies_with_one_md5() -> None:
    """Where a body is signed by its MD5, the published pair of Wang and Yu is accepted for one another."""
    text = SIGNED.replace("{target}{body}", "{target} {body|md5|hex}").replace("sign:ALGORITHM", "hmac:sha256")
    scheme = load_scheme(text, name="t", path="t.toml")
    finding = next(finding for finding in lint(scheme).findings if finding.rule.code == "md5")
    shown = demonstrate(scheme, finding)
    assert shown is not None
    assert shown.signed.body != shown.accepted.body
    other = Request(
        shown.signed.method,
        shown.signed.target,
        shown.signed.headers,
        authority=shown.signed.authority,
        body=(shown.signed.body or b"") + b".",
    )
    with pytest.raises(VerificationError):
        example_of(scheme).verify(other)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_schemes_with_key_pairs(algorithm: str) -> None:
    """They are shown likewise, with a pair made up for it."""
    scheme = load_scheme(SIGNED.replace("ALGORITHM", algorithm), name="t", path="t.toml")
    shown = {finding.rule.code for finding in lint(scheme).findings if demonstrate(scheme, finding)}
    assert {"no_nonce", "touching_fields"} <= shown
