"""Kong, APISIX and Tyk, written out here step by step as their own source has them."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import quote

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.request import Request
from sealstamp.errors import ComponentNotCoveredError, MalformedCredentialsError, SignatureMismatchError
from sealstamp.schemes import get_scheme
from tests.schemes.test_catalogue import SECRET, check, sign

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"


def mac(text: str) -> str:
    return base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha256")).decode()


def request_with(authorization: str, *lines: tuple[str, str], header: str = "authorization") -> Request:
    headers = [("host", "api.example.com"), *lines, (header, authorization)]
    return Request(b"GET", b"/a%20b?c=d", [(name.encode(), value.encode()) for name, value in headers], body=b"")


def authorization(key: str, between: str, listed: str, signature: str) -> str:
    pairs = {key: "key-1", "algorithm": "hmac-sha256", "headers": listed, "signature": signature}
    return between.join(f'{name}="{value}"' for name, value in pairs.items())


def kong(listed: str, text: str, *lines: tuple[str, str], header: str = "authorization") -> Request:
    return request_with(authorization("hmac username", ", ", listed, mac(text)), *lines, header=header)


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ("date request-line", f"date: {DATE}\nGET /a%20b?c=d HTTP/1.1"),
        ("Date request-line Host", f"Date: {DATE}\nGET /a%20b?c=d HTTP/1.1\nHost: api.example.com"),
        (
            "date @request-target request-line",
            f"date: {DATE}\n@request-target: get /a%20b?c=d\nGET /a%20b?c=d HTTP/1.1",
        ),
    ],
)
def test_kong_signs_names_as_they_are_listed(listed: str, text: str) -> None:
    """A client that lists Date signs that spelling; another spelling of the list is another signature."""
    scheme = get_scheme("kong-hmac")
    check(scheme, kong(listed, text, ("date", DATE)))
    with pytest.raises(SignatureMismatchError):
        check(scheme, kong(listed.swapcase(), text, ("date", DATE)))


def test_kong_takes_a_name_once_in_whatever_case() -> None:
    """Two spellings of one name are one name."""
    text = f"date: {DATE}\nGET /a%20b?c=d HTTP/1.1\nDate: {DATE}"
    with pytest.raises(MalformedCredentialsError):
        check(get_scheme("kong-hmac"), kong("date request-line Date", text, ("date", DATE)))


def test_kong_reads_proxy_authorization_and_x_date() -> None:
    """For clients that cannot set Authorization or Date; an API says so."""
    given = {"authorization": "Proxy-Authorization", "date_header": "X-Date", "cover": "x-date request-line"}
    scheme = get_scheme("kong-hmac", given)
    text = f"x-date: {DATE}\nGET /a%20b?c=d HTTP/1.1"
    check(scheme, kong("x-date request-line", text, ("x-date", DATE), header="proxy-authorization"))
    check(scheme, sign(scheme))
    assert Covered.TIME in coverage_of(scheme)


def test_apisix_signs_names_as_they_are_listed() -> None:
    """The key's id first, a line feed last."""
    text = f"key-1\nGET /a%20b?c=d\nDate: {DATE}\nX-Two: 2\n"
    listed = "@request-target Date X-Two"
    value = authorization("Signature keyId", ",", listed, mac(text))
    check(get_scheme("apisix-hmac"), request_with(value, ("date", DATE), ("x-two", "2")))
    with pytest.raises(ComponentNotCoveredError, match="host"):
        check(get_scheme("apisix-hmac", {"cover": "@request-target date host"}), request_with(value, ("date", DATE)))


@pytest.mark.parametrize("date_header", ["Date", "X-Aux-Date"])
def test_tyk_signs_the_decoded_path_and_the_date_that_it_found(date_header: str) -> None:
    """The list says date; where the time came in X-Aux-Date, that is the name that is signed."""
    text = f"(request-target): get /a b\n{date_header.lower()}: {DATE}"
    value = authorization("Signature keyId", ",", "(request-target) date", quote(mac(text), safe=""))
    scheme = get_scheme("tyk-hmac", {"date_header": date_header})
    check(scheme, request_with(value, (date_header.lower(), DATE)))
    check(scheme, sign(scheme))
    assert Covered.TIME in coverage_of(scheme)
