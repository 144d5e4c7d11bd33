"""Values that touch, separators that a value can hold: two requests under one signature."""

import pytest

from sealstamp.core.collisions import collisions_of
from sealstamp.core.example import example_of
from sealstamp.core.lint import lint
from sealstamp.core.loader import load_scheme
from sealstamp.schemes import get_scheme, scheme_names

FIELDS = """
title = "T"
vendor = "V"
url = "https://example.com"
[parameters]
session = { default = "s", about = "a session" }
[fields]
timestamp = "header X-Time"
nonce = "header X-Nonce"
session = "header X-Session"
signature = "header X-Signature"
[time]
format = "unix-s"
past = "5 min"
future = "5 min"
[nonce]
make = "hex 16"
[sign]
"""


def codes(sign: str) -> dict[str, str]:
    """Return what lint says of borders, with the place."""
    signature = 'signature = "{string_to_sign|hmac:sha256,secret|hex}"'
    scheme = load_scheme(f"{FIELDS}string_to_sign = {sign}\n{signature}", name="t", path="t.toml")
    rules = ("touching_fields", "ambiguous_text")
    return {finding.rule.code: finding.detail for finding in lint(scheme).findings if finding.rule.code in rules}


@pytest.mark.parametrize(
    ("sign", "code", "where"),
    [
        ('"{timestamp}{nonce}{path}{query}"', "touching_fields", "path and query"),
        ('"{timestamp}{nonce}{target}{body}"', "touching_fields", "path and body"),
        ('"{timestamp}/{nonce}{body}"', "touching_fields", "nonce and body"),
        ('"{timestamp}/{session}{body}"', "touching_fields", "body and session"),
        ('"{timestamp}{header.X-A}{header.X-B}"', "touching_fields", "header X-A and header X-B"),
        ('"{timestamp}{query.a}{query.b}"', "touching_fields", "query parameter a and query parameter b"),
        ("\"{timestamp}{query_fields|sort|join:'',''}\"", "touching_fields", "one query field and two"),
        ("\"{timestamp}{query_fields|sort|join:'=','&'}\"", "ambiguous_text", "with '&' between"),
        ('"{timestamp}&{session}&{body}"', "ambiguous_text", "with '&' between"),
        ('["{timestamp}", "{path|percent_decode}", "{body}"]', "ambiguous_text", "path and body, with '\\n' between"),
        (
            '{ join = "&", parts = ["{timestamp}", "{query}", "{body}"] }',
            "ambiguous_text",
            "query and body, with '&' between",
        ),
    ],
)
def test_two_requests_that_sign_alike_are_found(sign: str, code: str, where: str) -> None:
    """The border is named."""
    assert where in codes(sign)[code] or where.split(" and ")[::-1] == codes(sign)[code].split(" and ")


@pytest.mark.parametrize(
    "sign",
    [
        '["{timestamp}", "{nonce}", "{method}", "{target}", "{body}"]',
        '["{timestamp}", "{path}", "{query}", "{session}", "{body|sha256|hex}"]',
        '["{timestamp}", "{query_fields|encode_each|sort|join:\'=\',\'&\'}", "{body|sha256|hex}"]',
        '"{timestamp}{body}"',
        '"{timestamp}{authority}{path}"',
        '"{timestamp}?{path}?{query}"',
    ],
)
def test_clear_borders_are_left_alone(sign: str) -> None:
    """Line feeds that no value can hold, digests, percent-encoding, a single value of any length."""
    assert codes(sign) == {}


@pytest.mark.parametrize("name", scheme_names())
def test_a_collision_is_one(name: str) -> None:
    """Two different requests, and the example's verifier takes both; they carry one signature."""
    scheme = get_scheme(name)
    example = example_of(scheme)
    for collision in collisions_of(scheme):
        first, second = collision.first, collision.second
        assert (first.target, first.headers, first.body) != (second.target, second.headers, second.body)
        for request in (first, second):
            example.verify(request)


@pytest.mark.parametrize(
    "name", ["okx-v5", "bybit-v5", "tencent-v1", "azure-sharedkey", "taobao-top-md5", "twilio", "gate-v4"]
)
def test_schemes_that_are_known_for_it(name: str) -> None:
    """What their definitions invite is found."""
    assert collisions_of(get_scheme(name))


@pytest.mark.parametrize("name", ["aws-sigv4-header", "tencent-tc3", "volcengine-v4", "bbx", "qiniu-v2"])
def test_schemes_without(name: str) -> None:
    """And nothing is found where everything has its line, or is encoded."""
    assert collisions_of(get_scheme(name)) == ()
