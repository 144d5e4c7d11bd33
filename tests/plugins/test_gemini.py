"""Gemini: what clients send is accepted, and the payload is bound to the request that carries it."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Claim, ClaimResult, Verifier
from sealstamp.errors import (
    BodyUnavailableError,
    ConfigurationError,
    MalformedCredentialsError,
    NonceReplayedError,
    SignatureMismatchError,
    SigningError,
    UnknownAccessKeyError,
)
from sealstamp.plugins import gemini
from sealstamp.schemes import get_scheme

SCHEME = get_scheme("gemini")
CREDENTIAL = Credential.of("account-1", "1234abcd")
TARGET = b"/v1/order/new"
ORDER = b'{"symbol": "btcusd", "amount": 1.50, "options": ["a", {"b": true}]}'


def request_of(
    payload: Any, *, body: bytes | None = b"", target: bytes = TARGET, secret: bytes = b"1234abcd"
) -> Request:
    """A request as a client makes it that we did not write."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    encoded = base64.b64encode(text)
    signature = hmac.new(secret, encoded, "sha384").hexdigest().encode()
    headers = [(b"x-gemini-apikey", b"account-1"), (b"x-gemini-payload", encoded), (b"x-gemini-signature", signature)]
    return Request(b"POST", target, [(b"host", b"api.gemini.com"), *headers], body=body)


def verify(request: Request, result: ClaimResult = ClaimResult.MADE, key_id: bytes = b"account-1") -> list[Claim]:
    verifier, claims = Verifier(SCHEME), []

    def claim(claim: Claim, now_ms: int) -> ClaimResult:
        claims.append(claim)
        return result

    verifier.verify(request, 0, {key_id: verifier.bind(CREDENTIAL, consumer="acme")}.get, claim)
    return claims


def signed(body: bytes, *headers: tuple[bytes, bytes], nonce: str = "17", target: bytes = TARGET) -> Request:
    request = Request(b"POST", target, [(b"host", b"api.gemini.com"), *headers], body=body)
    return Signer(SCHEME, CREDENTIAL).sign(request, nonce=nonce).apply(request)


def payload_in(request: Request) -> bytes:
    return base64.b64decode(request.header(b"x-gemini-payload"))


SAYS = {"request": TARGET.decode(), "nonce": "17"}


@pytest.mark.parametrize("nonce", ["17", 17])
def test_parameters_in_the_payload_alone(nonce: object) -> None:
    """As Gemini documents it: the body is empty. The nonce is a text or a number, and counts."""
    assert [claim.number for claim in verify(request_of({**SAYS, "nonce": nonce, "order_id": 1}))] == [17]


def test_parameters_in_the_body_as_well() -> None:
    """As some clients send it; the order of the members and white space are nobody's business."""
    verify(
        request_of(
            {**SAYS, "a": [1, {"b": None}], "c": 1.50},
            body=b'{ "c":1.5,\n"a":[1,{"b":null}] }'.replace(b"1.5,", b"1.5 ,"),
        )
    )
    verify(request_of({**SAYS, "a": 1}, body=b"{}"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 2}',
        b'{"a": "1"}',
        b'{"a": 1.0}',
        b'{"a": true}',
        b'{"b": 1}',
        b'{"a": 2, "a": 1}',
        b'{"a": 1, "o": {"x": 1, "x": 2}}',
        b"[]",
        b"a=1",
        b"\xff",
        b"[" * 100_000,
        b'{"a": NaN}',
    ],
)
def test_a_body_that_says_something_else_is_refused(body: bytes) -> None:
    """What is not in the signed payload may not be in the body."""
    with pytest.raises(SignatureMismatchError, match="body"):
        verify(request_of({**SAYS, "a": 1, "o": {"x": 2}}, body=body))


def test_a_body_that_nobody_read_is_not_accepted() -> None:
    """The code cannot tell then whether it says what was signed."""
    with pytest.raises(BodyUnavailableError):
        verify(request_of(SAYS, body=None))


@pytest.mark.parametrize("says", ["/v1/order/new?a=1", "/v1/order", "", None, 1, ["/v1/order/new"], "\ud800"])
def test_the_payload_of_another_request_is_refused(says: object) -> None:
    """So what was captured at one endpoint cannot be sent to another one."""
    with pytest.raises(SignatureMismatchError, match="request"):
        verify(request_of({**SAYS, "request": says}))


def test_the_query_belongs_to_the_request() -> None:
    """Gemini's calls have none; one that is there must be signed."""
    assert verify(signed(b"", target=b"/v1/x?account=2"))
    with pytest.raises(SignatureMismatchError):
        verify(request_of(SAYS, target=TARGET + b"?account=2"))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[1]",
        b'{"request": "/v1/order/new"}',
        b'{"nonce": 1, "nonce": 2, "request": "/v1/order/new"}',
        b'{"nonce": 1.5}',
        b'{"nonce": -1}',
        b'{"nonce": true}',
        b'{"nonce": ""}',
        b'{"nonce": "\\ud800"}',
        b'{"nonce": 18446744073709551616}',
        b'{"nonce": ' + b"1" * 10_000 + b"}",
        b"\xff\xfe",
        b'{"nonce": ' * 5_000,
        b'{"nonce": 1, "a": "' + b"a" * gemini.MAX_PAYLOAD + b'"}',
    ],
)
def test_payloads_that_cannot_be_read_are_refused(payload: bytes) -> None:
    """Whatever they hold."""
    with pytest.raises(MalformedCredentialsError):
        verify(request_of(payload))


def test_base64_is_read_strictly() -> None:
    """Characters beside the alphabet are not passed over."""
    good = request_of(SAYS)
    text = good.header(b"x-gemini-payload")
    for broken in (b" " + text, text + b"\xff", text[:8] + b"-" + text[9:] + b"="):
        lines = [(name, broken if name == b"x-gemini-payload" else value) for name, value in good.headers]
        with pytest.raises(MalformedCredentialsError):
            verify(Request(b"POST", TARGET, lines, body=b""))


def test_keys_and_counting() -> None:
    """A wrong secret, an unknown key and a nonce that is not above the last are refused."""
    with pytest.raises(SignatureMismatchError):
        verify(request_of(SAYS, secret=b"another"))
    with pytest.raises(UnknownAccessKeyError):
        verify(request_of(SAYS), key_id=b"account-2")
    with pytest.raises(NonceReplayedError):
        verify(request_of(SAYS), ClaimResult.SEEN)


def test_a_signer_writes_the_bodys_members() -> None:
    """Numbers stay as they are written; the nonce is a text, as clients send it."""
    request = signed(ORDER)
    assert payload_in(request) == b'{"request": "/v1/order/new", "nonce": "17", ' + ORDER[1:]
    assert verify(request)
    assert payload_in(signed(b" {} ")) == payload_in(signed(b"")) == b'{"request": "/v1/order/new", "nonce": "17"}'


def test_a_signer_keeps_the_payload_that_is_there() -> None:
    """With the same nonce and request to the letter; with another nonce its parameters stay."""
    text = base64.b64encode(b'{"nonce":17 , "request":"/v1/order/new","order_id":18834}\n')
    assert signed(b"", (b"x-gemini-payload", text)).header(b"x-gemini-payload") == text
    again = signed(b"", (b"x-gemini-payload", text), nonce="18")
    assert json.loads(payload_in(again)) == {"request": "/v1/order/new", "nonce": "18", "order_id": 18834}
    assert verify(again)


@pytest.mark.parametrize("body", [b"a=1", b"[1]", b'{"nonce": 5}', b'{"request": "/"}', b'{"a": 1, "a": 2}'])
def test_bodies_that_cannot_be_signed(body: bytes) -> None:
    """A signer signs nothing that its verifier would refuse."""
    with pytest.raises(SigningError):
        signed(body)


def test_the_file_must_fit_the_code() -> None:
    """A copy of the file that leaves out what the code reads is refused when it is loaded."""
    source = SCHEME.source.replace("grows = true", "")
    with pytest.raises(ConfigurationError, match="a nonce that grows"):
        load_scheme(
            source.replace("[code]", '[time]\nformat="unix-s"\npast="1 s"\nfuture="1 s"\n[code]').replace(
                "[fields]", '[fields]\ntimestamp = "header X-T"'
            ),
            name="g",
            path="g.toml",
            find_code=lambda name: gemini,
        )
