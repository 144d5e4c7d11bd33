"""What a signature covers, read off the tree."""

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.loader import load_scheme
from sealstamp.core.scheme import Scheme
from tests.core.schemes import HEAD, window


def scheme_that_signs(expression: str) -> Scheme:
    text = f"""
title = "T"
vendor = "V"
url = "https://example.com"
[fields]
signature = "header X-Signature"
[sign]
part = {expression}
string_to_sign = "{{part}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    return load_scheme(text, name="t", path="t.toml")


def test_a_branch_of_a_switch_covers_only_what_every_branch_does() -> None:
    """A body that is signed for POST alone is not covered: a PUT's can be changed, and so can GET to PUT."""
    scheme = scheme_that_signs('{ switch = "{method}", cases = { POST = "{path}{body}" }, default = "{path}{query}" }')
    assert coverage_of(scheme) == {Covered.PATH}


@pytest.mark.parametrize(
    ("optional", "unsigned_body", "is_covered"),
    [('"computed"', "refused", True), ('"computed"', "allowed", False), ("true", "refused", False)],
)
def test_a_branch_for_what_cannot_come_does_not_count(optional: str, unsigned_body: str, is_covered: bool) -> None:
    """What is signed in place of a body's digest matters only where it may come."""
    text = f"""
title = "T"
vendor = "V"
url = "https://example.com"
[fields]
signature = "header X-Signature"
digest = {{ at = "header X-Digest", optional = {optional}, instead = ["NONE"] }}
[sign]
digest = "{{body|sha256|hex}}"
string_to_sign = {{ switch = "{{digest}}", cases = {{ NONE = "unsigned", "" = "absent" }}, default = "{{digest}}" }}
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    scheme = load_scheme(text, name="t", path="t.toml", parameters={"unsigned_body": unsigned_body})
    assert coverage_of(scheme) == ({Covered.BODY} if is_covered else set())


def test_one_query_parameter_is_not_the_query() -> None:
    """A scheme that signs a single parameter leaves the others open."""
    assert coverage_of(scheme_that_signs('"{query.page}"')) == frozenset()


def test_some_query_parameters_are_not_the_query() -> None:
    """Nor is a choice of them, by name or by a list."""
    assert coverage_of(scheme_that_signs("\"{query_fields|match:'acl'|join:'=','&'}\"")) == frozenset()


def test_the_url_covers_host_path_and_query() -> None:
    """What is in the URL is covered, through however many definitions and filters."""
    assert coverage_of(scheme_that_signs('"{url|sha256|hex}"')) == {Covered.HOST, Covered.PATH, Covered.QUERY}


def scheme_in(place: str, signed: str) -> Scheme:
    """Return a scheme whose fields travel in ``place``."""
    text = f"""{HEAD}
[fields]
access_key_id = "{place} id"
timestamp = "{place} t"
signature = "{place} s"
{window("unix-s")}
[sign]
string_to_sign = {signed}
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    return load_scheme(text, name="t", path="t.toml")


@pytest.mark.parametrize(
    ("place", "signed", "also"),
    [
        ("query", '"{query}"', {Covered.QUERY}),
        ("query", "\"{query_fields|sort|join:'=','&'}\"", {Covered.QUERY}),
        ("form", "\"{form_fields|sort|join:'=','&'}\"", {Covered.BODY}),
    ],
)
def test_what_travels_in_a_covered_part_is_covered(place: str, signed: str, also: set[Covered]) -> None:
    """Time and id in a query or form that is signed whole cannot be changed; in a header they can."""
    assert coverage_of(scheme_in(place, signed)) == {Covered.TIME, Covered.ACCESS_KEY_ID} | also
    assert coverage_of(scheme_in("header", signed)) == also - {Covered.BODY}
