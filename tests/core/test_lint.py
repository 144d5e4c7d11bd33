"""How safe a scheme is."""

import pytest

from sealstamp.core.findings import RULES
from sealstamp.core.lint import GRADES, lint
from sealstamp.core.loader import load_scheme
from sealstamp.schemes import get_scheme, scheme_names

STRONG = """
title = "T"
vendor = "V"
url = "https://example.com"
[fields]
timestamp = "header X-Time"
nonce = "header X-Nonce"
signature = "header X-Signature"
[time]
format = "unix-s"
past = "5 min"
future = "5 min"
[nonce]
make = "hex 16"
[sign]
string_to_sign = ["{method}", "{authority}", "{target}", "{timestamp}", "{nonce}", "{body|sha256|hex}"]
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""
LINES = '["{method}", "{authority}", "{target}", "{timestamp}", "{nonce}", "{body|sha256|hex}"]'


EXPIRING = STRONG.replace('past = "5 min"', 'lifetime = "1 min"\nmost = "5 min"').replace(
    "nonce = ", 'expires = "header X-Expires"\nnonce = ', 1
)
LIVING = EXPIRING.replace("expires = ", "lifetime = ").replace('most = "5 min"', 'most = "5 min"\nunit = "ms"')


def codes(old: str = "", new: str = "") -> set[str]:
    """Return the rules that the strong scheme breaks once it is changed."""
    assert old in STRONG
    text = STRONG.replace(old, new, 1)
    if ",key|" in text:
        text = text.replace("[sign]", '[sign]\nkey = "{secret|sha256|hex|slice:0,16}"')
    scheme = load_scheme(text, name="t", path="t.toml")
    return {finding.rule.code for finding in lint(scheme).findings}


def test_a_scheme_that_signs_everything_has_no_finding() -> None:
    """And the best grade."""
    report = lint(load_scheme(STRONG, name="t", path="t.toml"))
    assert (report.findings, report.score, report.grade) == ((), 100, "A")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"{method}", ', "", "method_not_covered"),
        ('"{authority}", ', "", "host_not_covered"),
        ('"{target}"', '"{query}"', "path_not_covered"),
        ('"{target}"', '"{path}"', "query_not_covered"),
        (', "{body|sha256|hex}"', "", "body_not_covered"),
        ('"{timestamp}", ', "", "no_time"),
        ('"{nonce}", ', "", "no_nonce"),
        ("hmac:sha256,secret", "hmac:md5,secret", "md5"),
        ("hmac:sha256,secret", "hmac:sha1,secret", "sha1"),
        ('past = "5 min"', 'past = "16 min"', "wide_window"),
        (LINES, '["{method}", "{authority}", "{timestamp}", "{nonce}", "{target}{body}"]', "touching_fields"),
        (LINES, '"{method}&{authority}&{timestamp}&{nonce}&{target}&{body}"', "ambiguous_text"),
        ("[sign]", '[keys]\nsecret = "hex 31"\n[sign]', "short_secret"),
        ("[sign]", '[keys]\nsecret = "uuid"\n[sign]', "short_secret"),
        ("[sign]", '[keys]\nsecret = "digits 20"\n[sign]', "weak_secret"),
        ("sha256,secret|hex}", "sha256,key|hex}", "weak_key"),
    ],
)
def test_each_weakness_is_found_alone(old: str, new: str, code: str) -> None:
    """A change that weakens one thing breaks one rule."""
    assert codes(old, new) == {code}


def test_a_secret_that_is_only_digested_is_no_mac() -> None:
    """Nor is one whose MAC has another key."""
    assert codes('"{string_to_sign|hmac:sha256,secret|hex}"', '"{secret|sha256|hex}{string_to_sign}"') == {
        "bare_digest"
    }


def test_a_derived_key_is_a_key() -> None:
    """A MAC whose key is made from the secret counts as one."""
    derived = "key = \"{'t'|hmac:sha256,secret}\"\nstring_to_sign ="
    scheme = load_scheme(
        STRONG.replace("string_to_sign =", derived, 1).replace("sha256,secret|hex", "sha256,key|hex"),
        name="t",
        path="t.toml",
    )
    assert lint(scheme).grade == "A"


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256"])
def test_a_digest_that_can_be_continued(digest: str) -> None:
    """The secret first and the body last; not with the secret last, and not with what holds no padding."""
    finding = {"length_extension", "bare_digest"}
    lines = STRONG.replace("hmac:sha256,secret", digest)
    for last, found in (("{body}", finding), ("{body}{secret}", {"bare_digest"}), ("{nonce}", {"bare_digest"})):
        text = lines.replace(LINES, f'["{{secret}}", "{{method}}", "{{timestamp}}", "{last}"]')
        report = lint(load_scheme(text, name="t", path="t.toml"))
        assert {each.rule.code for each in report.findings} & finding == found


def test_ids_that_can_be_counted() -> None:
    """Only where the request names its key."""
    text = STRONG.replace("[fields]", '[keys]\naccess_key_id = "digits 8"\n[fields]')
    named = text.replace("timestamp =", 'access_key_id = "header X-Key"\ntimestamp =', 1)
    for source, found in ((text, False), (named, True)):
        report = lint(load_scheme(source, name="t", path="t.toml"))
        assert ("guessable_key_id" in {each.rule.code for each in report.findings}) is found


@pytest.mark.parametrize(
    ("name", "grade"), [("stardust", "F"), ("taurusx", "F"), ("bbx", "E"), ("aws-sigv4-header", "A")]
)
def test_known_schemes_get_the_grade_they_deserve(name: str, grade: str) -> None:
    """The worst and the best of the catalogue."""
    assert lint(get_scheme(name)).grade == grade


@pytest.mark.parametrize("name", scheme_names())
def test_every_scheme_of_the_catalogue_has_a_grade(name: str) -> None:
    """Whatever it says; the score is what the findings leave."""
    report = lint(get_scheme(name))
    assert report.grade in GRADES
    assert report.score == max(0, 100 - sum(finding.rule.cost for finding in report.findings))


def test_every_rule_says_what_to_do() -> None:
    """Problem, attack and remedy, in words."""
    assert all(rule.problem and rule.attack and rule.remedy and rule.cost > 0 for rule in RULES)
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("text", "name"), [(EXPIRING, "expires"), (LIVING, "lifetime")])
def test_an_end_that_the_client_chooses_must_be_signed(text: str, name: str) -> None:
    """Else whoever has seen a request makes it good for longer."""

    def codes_of(changed: str) -> set[str]:
        return {finding.rule.code for finding in lint(load_scheme(changed, name="t", path="t.toml")).findings}

    assert codes_of(text) == {"lifetime_not_covered"}
    assert codes_of(text.replace('"{nonce}", ', f'"{{nonce}}", "{{{name}}}", ')) == set()
    assert codes_of(text.replace('most = "5 min"', 'most = "16 min"')) == {"lifetime_not_covered", "wide_window"}
