"""Requests that say until when they are good: by an expiry, by both ends, or by a lifetime."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import (
    ConfigurationError,
    MalformedCredentialsError,
    OutsideTimeWindowError,
    SchemeError,
    SigningError,
)
from tests.core.schemes import HEAD, NOW_MS

EXPIRES = f"""{HEAD}
[fields]
access_key_id = "header X-Key"
expires       = "header X-Expires"
signature     = "header X-Signature"

[time]
format   = "unix-s"
lifetime = "1 min"
most     = "1 h"

[sign]
string_to_sign = "{{method}} {{target}} {{expires}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
BOTH = (
    EXPIRES.replace('expires       = "header X-Expires"', 'timestamp = "query from"\nexpires = "query until"')
    .replace("lifetime =", 'future   = "5 s"\nlifetime =')
    .replace("{expires}", "{timestamp} {expires}")
)
LIFETIME = f"""{HEAD}
[fields]
timestamp = "query timestamp"
lifetime  = "query window"
signature = "query signature"

[time]
format   = "unix-ms"
future   = "1 s"
lifetime = "5 s"
most     = "60 s"
unit     = "ms"

[sign]
string_to_sign = "{{query}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
OPTIONAL = LIFETIME.replace('"query window"', '{ at = "query window", optional = true }').replace(
    'lifetime = "5 s"', 'past = "10 s"'
)
SHORTER = (
    BOTH.replace('"query until"', '{ at = "query until", optional = true }')
    .replace('lifetime = "1 min"', 'past = "1 min"')
    .replace('most     = "1 h"', "")
)
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def scheme_of(text: str, **parameters: str) -> Scheme:
    return load_scheme(text, name="t", path="t.toml", parameters=parameters)


def sign(scheme: Scheme, time_ms: int = NOW_MS, *, target: bytes = b"/x", lifetime: str | None = None) -> Request:
    request = Request(b"GET", target)
    values = None if lifetime is None else {"lifetime": lifetime}
    return Signer(scheme, Credential.of("k", "s")).sign(request, time_ms=time_ms, values=values).apply(request)


def accepts(scheme: Scheme, request: Request, now_ms: int) -> bool:
    """Tell whether it is inside its time, having checked that its signature is right."""
    verifier = Verifier(scheme)
    try:
        presented = verifier.present(request, now_ms)
    except OutsideTimeWindowError:
        return False
    verifier.check(request, presented, verifier.bind(Credential.of("k", "s"), consumer="c"), now_ms)
    return True


@pytest.mark.parametrize(
    ("text", "first_ms", "last_ms"),
    [
        (EXPIRES, MINUTE_MS - HOUR_MS, MINUTE_MS),
        (BOTH, -5_000, MINUTE_MS),
        (LIFETIME, -1_000, 5_000),
        (OPTIONAL, -1_000, 10_000),
        (SHORTER, -5_000, MINUTE_MS),
    ],
)
def test_a_request_is_good_from_then_until_its_end(text: str, first_ms: int, last_ms: int) -> None:
    """To the millisecond, on both sides; without an issue time the longest lifetime says when it begins."""
    scheme = scheme_of(text)
    request = sign(scheme)
    moments = (first_ms - 1, first_ms, 0, last_ms, last_ms + 1)
    assert [accepts(scheme, request, NOW_MS + moment) for moment in moments] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "most", "more"), [(BOTH, "3600", "3601"), (LIFETIME, "60000", "60001"), (OPTIONAL, "60000", "60001")]
)
def test_a_longer_lifetime_than_the_longest_is_refused_at_once(text: str, most: str, more: str) -> None:
    """And the refusal says so."""
    scheme = scheme_of(text)
    assert accepts(scheme, sign(scheme, lifetime=most), NOW_MS)
    with pytest.raises(OutsideTimeWindowError, match=r"would be good for \d+ ms, and at most \d+ ms are accepted"):
        Verifier(scheme).present(sign(scheme, lifetime=more), NOW_MS)


def test_a_lifetime_is_a_parameter_in_the_unit_that_travels_or_a_duration() -> None:
    """As the API likes it."""
    for given in ("30000", "30 s"):
        scheme = scheme_of(LIFETIME, lifetime=given)
        assert scheme.parameters["lifetime"] == "30000"
        assert b"window=30000" in sign(scheme).query
    assert b"until=1612149727" in sign(scheme_of(BOTH, lifetime="90")).query


def test_an_optional_lifetime_is_left_out_unless_it_is_asked_for() -> None:
    """Neither does an empty one travel, nor is one that the caller wrote changed."""
    scheme = scheme_of(OPTIONAL)
    assert b"window" not in sign(scheme).query
    assert b"window=20000" in sign(scheme, lifetime="20000").query
    kept = sign(scheme, target=b"/x?window=3000&a=1")
    assert kept.query.startswith(b"window=3000&a=1&timestamp=")
    assert not accepts(scheme, kept, NOW_MS + 3_001)


def test_an_optional_expiry_ends_a_request_sooner_and_never_later() -> None:
    """It is left out unless a signer is told, or the scheme says a lifetime that its signers give."""
    scheme = scheme_of(SHORTER)
    assert b"until" not in sign(scheme).query
    soon, late = sign(scheme, lifetime="7"), sign(scheme, lifetime="3600")
    assert [accepts(scheme, soon, NOW_MS + moment) for moment in (0, 7_000, 7_001)] == [True, True, False]
    assert [accepts(scheme, late, NOW_MS + moment) for moment in (MINUTE_MS, MINUTE_MS + 1)] == [True, False]
    given = scheme_of(SHORTER.replace('past = "1 min"', 'past = "1 min"\nlifetime = "5 s"'))
    assert [accepts(given, sign(given), NOW_MS + moment) for moment in (5_000, 5_001)] == [True, False]
    assert b"until=" in sign(given).query


def test_what_is_not_a_number_is_no_lifetime() -> None:
    """On either side."""
    scheme = scheme_of(LIFETIME)
    for text in ("5s", "-1", "1e3", "\u0665", "1" * 17):
        with pytest.raises(SigningError, match="lifetime"):
            sign(scheme, lifetime=text)
    bare = Request(b"GET", b"/x?timestamp=%d&window=5s&signature=0" % NOW_MS)
    with pytest.raises(MalformedCredentialsError, match="lifetime"):
        Verifier(scheme).present(bare, NOW_MS)


def test_an_expiry_in_the_wrong_unit_is_told() -> None:
    """As a time is."""
    request = Request(
        b"GET", b"/", [(b"x-key", b"k"), (b"x-expires", b"%d" % (NOW_MS + 9_000)), (b"x-signature", b"0")]
    )
    with pytest.raises(OutsideTimeWindowError, match="is it in milliseconds"):
        Verifier(scheme_of(EXPIRES)).present(request, NOW_MS)


@pytest.mark.parametrize(
    ("text", "stamped_ms", "end_ms"),
    [
        (EXPIRES, NEVER_MS, NOW_MS + MINUTE_MS),
        (BOTH, NOW_MS, NOW_MS + MINUTE_MS),
        (LIFETIME, NOW_MS, NOW_MS + 5_000),
        (OPTIONAL, NOW_MS, NOW_MS + 10_000),
        (SHORTER, NOW_MS, NOW_MS + MINUTE_MS),
    ],
)
def test_a_claim_is_kept_until_the_request_ends(text: str, stamped_ms: int, end_ms: int) -> None:
    """What has no issue time counts as stamped ahead of every clock, so that a guard writes it down."""
    scheme = scheme_of(text)
    verifier, request = Verifier(scheme, replay_by=ReplayBy.SIGNATURE), sign(scheme)
    key = verifier.bind(Credential.of("k", "s"), consumer="c")
    claim = verifier.check(request, verifier.present(request, NOW_MS), key, NOW_MS)
    assert claim is not None
    assert claim[1:] == (stamped_ms, end_ms, None)


@pytest.mark.parametrize(
    ("text", "old", "new", "problem"),
    [
        (EXPIRES, 'most     = "1 h"', "", r"\[time\] has no 'most'"),
        (EXPIRES, 'lifetime = "1 min"', "", r"\[time\] has no 'lifetime'"),
        (EXPIRES, 'most     = "1 h"', 'most = "1 h"\npast = "1 s"', "nothing reads 'past'"),
        (EXPIRES, 'lifetime = "1 min"', 'lifetime = "2 h"', "longer than the longest"),
        (EXPIRES, 'lifetime = "1 min"', 'lifetime = "1500 ms"', "no whole number of s"),
        (EXPIRES, 'most     = "1 h"', 'most = "1 h"\nunit = "min"', "cannot be in 'min'"),
        (BOTH, 'future   = "5 s"', "", r"\[time\] has no 'future'"),
        (BOTH, "access_key_id =", 'lifetime = "query l"\naccess_key_id =', "its end twice"),
        (LIFETIME, 'unit     = "ms"', "", r"\[time\] has no 'unit'"),
        (LIFETIME, 'timestamp = "query timestamp"', "", "a lifetime without a time"),
        (OPTIONAL, 'past = "10 s"', "", r"\[time\] has no 'past'"),
        (SHORTER, 'past = "1 min"', "", r"\[time\] has no 'past'"),
        (SHORTER, 'past = "1 min"', 'past = "1 min"\nmost = "1 h"', "nothing reads 'most'"),
        (SHORTER, '"query from"', '{ at = "query from", optional = true }', "'expires' cannot be optional"),
        (EXPIRES, '"header X-Expires"', '{ at = "header X-Expires", optional = true }', "'expires' cannot be optional"),
    ],
)
def test_what_does_not_fit_what_travels_is_refused_when_loading(text: str, old: str, new: str, problem: str) -> None:
    """A duration that nothing reads would look as if it bounded something."""
    assert old in text
    with pytest.raises(SchemeError, match=problem):
        scheme_of(text.replace(old, new, 1))


@pytest.mark.parametrize("parameters", [{"lifetime": "2 h"}, {"lifetime": "soon"}, {"most": "30 s"}])
def test_an_api_cannot_set_what_does_not_fit(parameters: dict[str, str]) -> None:
    """It is the API's fault, and told as such."""
    with pytest.raises(ConfigurationError):
        scheme_of(EXPIRES, **parameters)
