"""Times that clients of one vendor write in several ways: all are read, one is written."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, OutsideTimeWindowError, SchemeError

NOW_MS = 1_767_323_045_000
CREDENTIAL = Credential.of("key-1", "a secret")
TEXT = """
title = "Two dates"
vendor = "Example"
url = "https://example.com"

[fields]
access_key_id = "header X-Key"
timestamp = "header Date"
signature = "header X-Signature"

[time]
format = ["http-date", "rfc-2822", "unix-s"]
past = "1 min"
future = "1 min"

[sign]
string_to_sign = "{method} {target} {timestamp}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""


def scheme_with(old: str = "", new: str = "") -> Scheme:
    return load_scheme(TEXT.replace(old, new), name="dates", path="dates.toml")


def signed(date: bytes | None) -> Request:
    headers = [(b"host", b"api.example.com")] + ([(b"date", date)] if date is not None else [])
    request = Request(b"GET", b"/orders", headers)
    return Signer(scheme_with(), CREDENTIAL).sign(request, time_ms=NOW_MS).apply(request)


def verify(request: Request) -> str:
    verifier = Verifier(scheme_with())
    key = verifier.bind(CREDENTIAL, consumer="acme")
    return verifier.verify(request, NOW_MS, {b"key-1": key}.get).consumer


@pytest.mark.parametrize("date", [b"Fri, 02 Jan 2026 03:04:05 GMT", b"Fri, 02 Jan 2026 03:04:05 +0000", b"1767323045"])
def test_each_is_kept_and_read(date: bytes) -> None:
    """A request that says its time already keeps what it says, whichever format that is; all verify."""
    request = signed(date)
    assert request.header(b"date") == date
    assert verify(request) == "acme"


@pytest.mark.parametrize("date", [None, b"", b"yesterday", b"1767323044", b"Fri, 02 Jan 2026 03:04:04 +0000"])
def test_the_first_is_written(date: bytes | None) -> None:
    """Where the request says nothing, nothing readable or another time, the signer writes the first format."""
    request = signed(date)
    assert request.header(b"date") == b"Fri, 02 Jan 2026 03:04:05 GMT"
    assert verify(request) == "acme"


def test_other_times_are_refused() -> None:
    """What is in none of the formats is malformed, and the window holds in all of them."""
    request = signed(None)
    present = Verifier(scheme_with()).present
    with pytest.raises(MalformedCredentialsError):
        present(with_date(request, b"2026-01-02T03:04:05Z"), NOW_MS)
    for stale in (b"1767322000", b"Fri, 02 Jan 2026 02:04:05 +0000"):
        with pytest.raises(OutsideTimeWindowError):
            present(with_date(request, stale), NOW_MS)


def with_date(request: Request, date: bytes) -> Request:
    return Request(request.method, request.target, [(n, date if n == b"date" else v) for n, v in request.headers])


@pytest.mark.parametrize(
    ("formats", "problem"),
    [
        ('["http-date", "http-dates"]', "no time format 'http-dates'"),
        ('["http-date", 3]', "no time format 3"),
        ("[]", r"no time format \[\]"),
        ('["unix-s", "unix-ms"]', "cannot be told apart"),
        ('["http-date", "http-date"]', "cannot be told apart"),
    ],
)
def test_bad_lists_are_refused(formats: str, problem: str) -> None:
    """The error names the line and the problem."""
    with pytest.raises(SchemeError, match=rf"dates\.toml:12: .*{problem}"):
        scheme_with('["http-date", "rfc-2822", "unix-s"]', formats)
