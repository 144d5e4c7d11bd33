"""Every library against the real service: what it sends is what was signed, and it goes nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import requests
from urllib3.util import Retry

import sealstamp.signing
from sealstamp import ConfigurationError, Credential, SigningError
from sealstamp.signing import OriginSigner
from sealstamp.signing.aiohttp import SigningMiddleware
from sealstamp.signing.clock import ServerClock
from sealstamp.signing.requests import SigningAdapter
from sealstamp.signing.urllib3 import SigningPoolManager
from tests.signing.callers import CALLERS, HELLO, Caller
from tests.signing.conftest import MORE, SCHEMES, Place

TARGETS = (
    "/",
    "/plain?b=2&a=1",
    "/a%2Fb/c%20d/%C3%BC",
    "/x+y/*~'()?q=1+2&q=&e&r=%2f",
    "/ünïcode/ä b?q=ö&ö=1",
    "/a//b/./c/../d?x=%41",
    "/100%25?a=2&a=1&a=&=",
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
callers = pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS.keys())


@callers
@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_sent_is_what_is_signed(place: Place, caller: Caller, scheme: str) -> None:
    """Odd targets and bodies are accepted, each with a signature of its own."""
    body = '{"größe": 1}'.encode()
    with caller(place.signer(scheme)) as send:
        for target in TARGETS:
            assert send("GET", place.url(scheme, target)) == HELLO, target
        json = {"Content-Type": "application/json", "X-Empty": ""}
        assert send("POST", place.url(scheme, "/orders?x=1"), json, body) == HELLO
    assert place.upstream.arrived[-1].body == body


@callers
@pytest.mark.parametrize("scheme", ["bbx", "aws-sigv4-header"])
def test_a_body_in_pieces(place: Place, caller: Caller, scheme: str) -> None:
    """A stream passes as it comes where its bytes are not signed, and is read first where they are."""
    pieces_read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            pieces_read.append(number)
            yield b"piece%d " % number

    with caller(place.signer(scheme)) as send:
        assert send("PUT", place.url(scheme, "/upload"), {}, pieces()) == HELLO
    assert place.upstream.arrived[-1].body == b"piece0 piece1 piece2 "
    assert pieces_read == [0, 1, 2]


@callers
def test_a_wrong_secret_is_refused(place: Place, caller: Caller) -> None:
    """The service does look at what these tests send."""
    other = Credential.of(place.apis["bbx"].access_key_id, "another secret")
    with caller(OriginSigner(place.url("bbx"), "bbx", other)) as send:
        assert send("GET", place.url("bbx")).status == 401


@callers
@pytest.mark.parametrize("scheme", ["stardust", "bbx", "rfc9421"])
def test_redirected_within_the_origin(place: Place, caller: Caller, scheme: str) -> None:
    """What a redirect leads to is signed anew, with its own time, nonce and target."""
    to = f"to=/{scheme}/landed%3Fx=1"
    with caller(place.signer(scheme)) as send:
        for status in (302, 303):
            assert send("GET", place.url(scheme, f"/from?status={status}&{to}")) == HELLO
            assert place.upstream.arrived[-1].target.startswith(f"/{scheme}/landed?x=1")
        assert send("POST", place.url(scheme, f"/from?status=307&{to}"), {}, b"kept") == HELLO
    assert place.upstream.arrived[-1].body == b"kept"


def test_sent_again_by_a_pool(place: Place) -> None:
    """What urllib3 sends again has another signature, which a guard against replay demands."""
    before = len(place.upstream.arrived)
    with SigningPoolManager(place.signer("rfc9421"), retries=Retry(3, status_forcelist=[503])) as manager:
        answer = manager.request("PUT", place.url("rfc9421", "/flaky?once=pool"), body=b"kept")
    first, second = place.upstream.arrived[before:]
    assert (answer.status, first.body, second.body) == (200, b"kept", b"kept")
    assert first.headers["signature"] != second.headers["signature"]


def test_sent_again_by_an_adapter(place: Place) -> None:
    """The same with requests, whose adapter has the retries."""
    before = len(place.upstream.arrived)
    with requests.Session() as session:
        retries = Retry(3, status_forcelist=[503])
        session.mount("http://", SigningAdapter(place.signer("bbx"), max_retries=retries))
        assert session.get(place.url("bbx", "/flaky?once=adapter&a=b"), timeout=60).content == b"hello"
    first, second = place.upstream.arrived[before:]
    assert first.target.startswith("/bbx/flaky?once=adapter&a=b&AccessKeyId=")
    assert first.target != second.target


def test_sent_again_by_a_middleware(place: Place) -> None:
    """A middleware that repeats stands before the one that signs."""

    async def again(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        answer = await handler(request)
        return await handler(request) if answer.status == 503 else answer

    async def go() -> bytes:
        middlewares = [again, SigningMiddleware(place.signer("lazada-form"))]
        async with (
            aiohttp.ClientSession(middlewares=middlewares) as session,
            session.post(place.url("lazada-form", "/flaky?once=middleware"), data={"a": "ö"}) as answer,
        ):
            return await answer.read()

    before = len(place.upstream.arrived)
    assert asyncio.run(go()) == b"hello"
    first, second = place.upstream.arrived[before:]
    assert first.body.startswith(b"a=%C3%B6&")
    assert len(first.body) == len(second.body)


@callers
@pytest.mark.parametrize("scheme", [*SCHEMES, *MORE])
def test_redirected_elsewhere(place: Place, caller: Caller, scheme: str, request: pytest.FixtureRequest) -> None:
    """Another origin gets nothing of the credentials: no id, no signature, no time, no nonce."""
    signer, path = place.signer(scheme), f"/caught-{request.node.callspec.id}"
    url = place.url(scheme, f"/from?status=307&to={place.elsewhere.url}{path}")
    method, body, headers = ("POST", b"a=1", FORM) if scheme in MORE else ("GET", b"", {})
    with caller(signer) as send:
        try:
            assert send(method, url, headers, body).status == 200
        except Exception as error:  # a body with a signature in it is not sent twice
            assert signer.signs_in_body, error
    caught = [arrived for arrived in place.elsewhere.arrived if arrived.target == path]
    assert caught or signer.signs_in_body
    names = {one.name.lower() for carrier in signer.scheme.carriers for one in carrier.places} - {"date"}
    for arrived in caught:
        assert arrived.body == body or signer.signs_in_body
        assert not names & set(arrived.headers), arrived.headers
        assert place.apis[scheme].access_key_id not in str(arrived)


@callers
@pytest.mark.parametrize("scheme", MORE)
def test_signatures_in_the_body_and_nonces_that_count(place: Place, caller: Caller, scheme: str) -> None:
    """A signed body is sent as it was signed, with its length; each nonce is above the last."""
    with caller(place.signer(scheme)) as send:
        for _ in range(3):
            assert send("POST", place.url(scheme, "/do"), FORM, b"a=1&b=%20") == HELLO
    assert place.upstream.arrived[-1].body.startswith(b"a=1&b=%20&")


@callers
def test_the_servers_time_is_learnt_where_that_is_allowed(place: Place, caller: Caller) -> None:
    """A clock that is wrong is refused; with leave to learn it is set, and the request is sent once more."""

    def wrong() -> int:
        return time.time_ns() - 3_600_000_000_000

    with caller(place.signer("bbx", clock=ServerClock(wrong))) as send:
        assert send("GET", place.url("bbx")).status == 401
    clock = ServerClock(wrong)
    with caller(place.signer("bbx", clock=clock, learns_time=True)) as send:
        assert send("POST", place.url("bbx"), {}, b"kept") == HELLO
        assert place.upstream.arrived[-1].body == b"kept"
        assert send("GET", place.url("bbx")) == HELLO
    assert abs(clock.ahead_ms - 3_600_000) < 60_000


@callers
def test_credentials_that_change(place: Place, caller: Caller) -> None:
    """After a refusal the source is asked again, and what it gives then counts at once."""
    keys = [Credential.of("old", "wrong"), place.credential("stardust")]
    signer = OriginSigner(place.url("stardust"), "stardust", lambda: keys.pop(0))
    with caller(signer) as send:
        assert send("POST", place.url("stardust"), {}, b"kept") == HELLO
    assert keys == []


def test_a_profile_tells_everything(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Server, scheme, its parameters and the pair come from one profile."""
    file, api = tmp_path / "credentials.toml", place.apis["rfc9421"]
    pair = f'access_key_id = "{api.access_key_id}"\nsecret = "{api.secret}"'
    parameters = '[shop.parameters]\nlabel = "mine"'
    file.write_text(f'[shop]\nserver = "{place.url("rfc9421")}"\nscheme = "rfc9421"\n{pair}\n{parameters}\n')
    file.chmod(0o600)
    monkeypatch.setenv("SEALSTAMP_CREDENTIALS_FILE", str(file))
    with CALLERS["httpx"](OriginSigner.find(profile="shop")) as send:
        assert send("GET", place.url("rfc9421")) == HELLO
    assert place.upstream.arrived[-1].headers["signature"].startswith("mine=")
    with pytest.raises(ConfigurationError, match="scheme"):
        OriginSigner.find(server="https://a", credential=place.credential("bbx"))


@pytest.mark.parametrize("name", ["httpx", "httpx-async", "httpx2", "httpx2-async", "requests"])
def test_an_auth_signs_for_no_other_origin(place: Place, name: str) -> None:
    """To send to another origin with this auth is a mistake, and is told as one."""
    with CALLERS[name](place.signer("bbx")) as send, pytest.raises(SigningError, match="alone"):
        send("GET", place.elsewhere.url)


def test_httpx_and_httpx2_are_signed_for_alike() -> None:
    """The two files differ in the library's name alone."""
    folder = Path(sealstamp.signing.__file__).parent
    assert (folder / "httpx.py").read_text().replace("httpx", "httpx2") == (folder / "httpx2.py").read_text()
