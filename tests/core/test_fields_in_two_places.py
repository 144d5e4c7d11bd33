"""A scheme whose clients put the fields into the query of one request and into the form of the next."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, SignatureMismatchError, VerificationError

NOW_MS = 1_767_225_600_000
TEXT = """
title = "Either"
vendor = "Example"
url = "https://example.com"

[parameters]
fields_in = { default = "query", one_of = ["query", "form"], about = "where a signer puts the fields" }
version = { default = "1", one_of = ["1", "2"], about = "the version of the key" }

[fields]
access_key_id = "header X-Key"
version = "header X-Version"
timestamp = ["{fields_in} time", "query time", "form time"]
signature = ["{fields_in} sign", "query sign", "form sign"]

[time]
format = "unix-ms"
past = "1 min"
future = "1 min"

[sign]
string_to_sign = "{query}{form_body}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""
FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
CREDENTIAL = Credential.of("key-1", "a secret")


def signed(fields_in: str, kind: tuple[bytes, bytes], body: bytes) -> Request:
    scheme = load_scheme(TEXT, name="either", path="either.toml", parameters={"fields_in": fields_in})
    request = Request(b"POST", b"/orders?page=2", [(b"host", b"api.example.com"), kind], body=body)
    return Signer(scheme, CREDENTIAL).sign(request, time_ms=NOW_MS).apply(request)


def check(request: Request) -> None:
    verifier = Verifier(load_scheme(TEXT, name="either", path="either.toml"))
    key = verifier.bind(CREDENTIAL, consumer="acme")
    verifier.verify(request, NOW_MS, {b"key-1": key}.get)


def replaced(request: Request, body: bytes) -> Request:
    return Request(request.method, request.target, request.headers, body=body)


@pytest.mark.parametrize(
    ("fields_in", "kind", "body"),
    [("query", FORM, b"a=1"), ("query", JSON, b'{"sign=": "1&b"}'), ("form", FORM, b"a=1")],
)
def test_both_are_accepted(fields_in: str, kind: tuple[bytes, bytes], body: bytes) -> None:
    check(signed(fields_in, kind, body))


def test_the_form_is_signed_without_the_signature_in_it() -> None:
    request = signed("form", FORM, b"a=1")
    assert request.body is not None
    assert request.body.startswith(b"a=1&time=1767225600000&sign=")
    with pytest.raises(SignatureMismatchError):
        check(replaced(request, request.body.replace(b"a=1", b"a=2")))


def test_a_body_that_is_no_form_is_signed_whole() -> None:
    request = signed("query", JSON, b"a=1&sign=2")
    with pytest.raises(SignatureMismatchError):
        check(replaced(request, b"a=1"))


def test_both_at_once_are_refused() -> None:
    request = signed("query", FORM, b"a=1")
    with pytest.raises(MalformedCredentialsError):
        check(replaced(request, b"a=1&sign=" + b"0" * 64))


FIRST = """
title = "First"
vendor = "Example"
url = "https://example.com"
[fields]
timestamp = { at = ["header X-Time", "header Date"], first = true }
tag = { at = ["header X-Tag", "query tag"], first = true, optional = true }
signature = "header X-Sign"
[parameters]
tag = { default = "", about = "a word" }
[time]
format = ["unix-ms", "http-date"]
past = "1 min"
future = "1 min"
[sign]
string_to_sign = "{timestamp} {tag}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
"""


def test_of_several_that_may_come_at_once_the_first_counts() -> None:
    """The others are the application's, whatever stands in them."""
    scheme = load_scheme(FIRST, name="first", path="first.toml")
    verifier, signer = Verifier(scheme), Signer(scheme, Credential.of("", "a secret"))
    key = verifier.bind(Credential.of("", "a secret"), consumer="acme")
    request = signer.sign(Request(b"GET", b"/"), time_ms=NOW_MS, values={"tag": "a"}).apply(Request(b"GET", b"/"))
    told = {name: value for name, value in request.headers if name == b"x-sign"}

    def accepts(target: bytes, **headers: str) -> bool:
        lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        came = Request(b"GET", target, [*lines, *told.items()])
        return verifier.check_candidates(came, verifier.present(came, NOW_MS), [key], NOW_MS)[0] is key

    stamp, date = str(NOW_MS), "Thu, 01 Jan 2026 00:00:00 GMT"
    assert accepts(b"/", x_time=stamp, x_tag="a")
    assert accepts(b"/?tag=b", x_time=stamp, date="yesterday", x_tag="a")
    assert accepts(b"/?tag=a", x_time=stamp)
    for target, headers in (
        (b"/?tag=a", {"x_time": stamp, "x_tag": "b"}),
        (b"/?tag=a", {"date": date}),
        (b"/", {"x_time": stamp}),
    ):
        with pytest.raises(SignatureMismatchError):
            accepts(target, **headers)
    for headers in ({"x_tag": "a"}, {"x_time": "yesterday", "date": date}):
        with pytest.raises(VerificationError):
            accepts(b"/", **headers)


def test_a_parameter_that_is_none_of_its_choices_is_refused() -> None:
    request = signed("query", FORM, b"a=1")
    for version, wanted in ((b"2", None), (b"3", MalformedCredentialsError), (b"", MalformedCredentialsError)):
        headers = [(name, version if name == b"x-version" else value) for name, value in request.headers]
        other = Request(request.method, request.target, headers, body=request.body)
        if wanted is None:
            check(other)
        else:
            with pytest.raises(VerificationError) as caught:
                check(other)
            assert isinstance(caught.value, wanted)
