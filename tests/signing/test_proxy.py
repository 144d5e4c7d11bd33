"""The local proxy: whatever client sends through it, the API gets signed requests, and from nobody else any."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.server.service import raw_request
from tests.signing.conftest import SCHEMES, Place
from tests.signing.proxies import connect, proxying
from tests.signing.test_clients import TARGETS


@pytest.fixture(scope="module")
def bbx(place: Place) -> Iterator[str]:
    with proxying(place, "bbx", "--allow-page", "http://trusted.example") as url:
        yield url


@pytest.fixture(scope="module")
def rfc9421(place: Place) -> Iterator[str]:
    with proxying(place, "rfc9421") as url:
        yield url


@pytest.mark.parametrize("scheme", ["bbx", "rfc9421"])
def test_what_is_sent_through_it_is_signed(place: Place, scheme: str, request: pytest.FixtureRequest) -> None:
    """Targets arrive as they were sent, over connections that are kept; bodies whole."""
    url = request.getfixturevalue(scheme)
    with httpx.Client(base_url=url, trust_env=False) as client:
        for target in TARGETS:
            assert client.get(f"{url}/{scheme}{target}").text == "hello", target
        body = b"x" * 300_000
        assert client.put(f"/{scheme}/upload", content=body).text == "hello"
        assert place.upstream.arrived[-1].body == body
        pieces = (b"piece%d " % number for number in range(3))
        assert client.put(f"/{scheme}/upload", content=pieces).text == "hello"
        assert place.upstream.arrived[-1].body == b"piece0 piece1 piece2 "
        assert client.head(f"/{scheme}/head").status_code == 200


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme not in ("bbx", "rfc9421")])
def test_every_system(place: Place, scheme: str) -> None:
    """A client that knows of no signature reaches each of the systems."""
    with proxying(place, scheme) as url:
        answer = httpx.post(f"{url}/{scheme}/orders?a=1", json={"amount": 1}, trust_env=False)
    assert (answer.status_code, answer.text) == (200, "hello")
    assert place.upstream.arrived[-1].headers["x-sealstamp-consumer"] == "acme"


def test_a_client_that_takes_it_for_its_proxy(place: Place, bbx: str) -> None:
    """Absolute URLs of the API are signed for; those of others are refused, and tunnels too."""
    with httpx.Client(proxy=bbx, trust_env=False) as client:
        assert client.get(place.url("bbx", "/orders?a=1")).text == "hello"
        before = len(place.elsewhere.arrived)
        assert client.get(place.elsewhere.url).status_code == 403
        assert place.elsewhere.arrived[before:] == []
    with connect(bbx) as connection:
        connection.send(b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n")
        assert connection.read_answer().status == 405


def test_a_redirect_stays_within_the_port(place: Place, bbx: str) -> None:
    """The API's own URL in Location is told as a path of this port, so that the next request is signed too."""
    to = f"http://127.0.0.1:{place.port}/bbx/landed"
    answer = httpx.get(f"{bbx}/bbx/from?to={to}", follow_redirects=True, trust_env=False)
    assert (answer.text, answer.history[0].headers["location"]) == ("hello", "/bbx/landed")
    answer = httpx.get(f"{bbx}/bbx/from?to={place.elsewhere.url}/x", trust_env=False)
    assert answer.headers["location"] == f"{place.elsewhere.url}/x"


def host_of(url: str) -> str:
    return url.removeprefix("http://")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([("Host", "{host}"), ("Sec-Fetch-Site", "none")], 200),
        ([("Host", "{host}"), ("Sec-Fetch-Site", "same-origin"), ("Origin", "http://{host}")], 200),
        ([("Host", "{host}"), ("Sec-Fetch-Site", "cross-site")], 403),
        ([("Host", "{host}"), ("Sec-Fetch-Site", "same-site")], 403),
        ([("Host", "{host}"), ("Origin", "https://evil.example")], 403),
        ([("Host", "{host}"), ("Origin", "null")], 403),
        ([("Host", "{host}"), ("Origin", "http://trusted.example"), ("Sec-Fetch-Site", "cross-site")], 200),
        ([("Host", "evil.example")], 421),
        ([("Host", "evil.example:8787"), ("Origin", "http://evil.example:8787")], 421),
        ([("Host", "127.0.0.1:1")], 421),
    ],
)
def test_pages_of_other_sites(place: Place, bbx: str, lines: list[tuple[str, str]], status: int) -> None:
    """No page that is open in a browser can have its requests signed, whatever its name resolves to."""
    before = len(place.upstream.arrived)
    with connect(bbx) as connection:
        given = [(name, value.format(host=host_of(bbx))) for name, value in lines]
        connection.send(raw_request("POST", "/bbx/orders", given, b"amount=1"))
        answer = connection.read_answer()
    assert answer.status == status
    arrived = place.upstream.arrived[before:]
    assert len(arrived) == (status == 200)
    assert not arrived or not {"sec-fetch-site"} & set(arrived[0].headers)


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /bbx HTTP/1.1\r\n\r\n",
        b"GET /bbx HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
        b"GET bbx HTTP/1.1\r\nHost: {host}\r\n\r\n",
        b"POST /bbx HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /bbx HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /bbx HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"GET /bbx HTTP/1.1\r\nHost: {host}\r\nX-Long: " + b"x" * 300_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_request(place: Place, rfc9421: str, request_: bytes) -> None:
    """Whatever HTTP forbids is answered, and nothing of it is sent on."""
    before = len(place.upstream.arrived)
    with connect(rfc9421) as connection:
        connection.send(request_.replace(b"{host}", host_of(rfc9421).encode()))
        assert connection.read_answer().status in (400, 431, 501)
        assert connection.is_ended
    assert place.upstream.arrived[before:] == []


def test_an_upload_that_waits_for_leave(place: Place, rfc9421: str) -> None:
    """Whoever says Expect: 100-continue is told to go on."""
    with connect(rfc9421) as connection:
        lines = [("Host", host_of(rfc9421)), ("Expect", "100-continue"), ("Content-Length", "4")]
        connection.send(raw_request("PUT", "/rfc9421/upload", lines))
        assert connection.read_head().status == 100
        connection.send(b"kept")
        assert connection.read_answer().status == 200
    assert place.upstream.arrived[-1].body == b"kept"


def test_a_client_that_leaves_and_an_api_that_is_not_there(place: Place, bbx: str) -> None:
    """A body that stays away harms nobody; an API that cannot be reached is told as one."""
    with connect(bbx) as connection:
        lines = [("Host", host_of(bbx)), ("Content-Length", "100")]
        connection.send(raw_request("PUT", "/bbx/upload", lines) + b"only this")
    assert httpx.get(f"{bbx}/bbx/still", trust_env=False).text == "hello"
    with proxying(place, "bbx", "--server", "http://127.0.0.1:9") as url:
        answer = httpx.get(f"{url}/bbx", trust_env=False)
    assert answer.status_code == 502
    assert "cannot be reached" in json.loads(answer.text)["title"]
