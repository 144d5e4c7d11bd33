"""Vendors' verifiers accept what our signer signs, and refuse it once it is changed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import standardwebhooks
import stripe
from discord_interactions import verify_key
from linebot.v3.webhook import SignatureValidator
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pem_of, private_key

SECRET = "c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXMsIHllcyE="
EVENT = b'{"id": "evt_1", "object": "event", "name": "gr\xc3\xb6\xc3\x9fe"}'


def signed(scheme: str, body: bytes, kind: bytes, target: bytes = b"/hook?a=1&b=x%20y") -> Request:
    """Return what our signer makes of a delivery to hooks.example."""
    request = Request(
        b"POST", target, [(b"host", b"hooks.example"), (b"content-type", kind)], scheme=b"https", body=body
    )
    described = get_scheme(scheme)
    signer = Signer(described, Credential.of("", SECRET))
    time_ms = int(time.time() * 1000) if described.time else None
    return signer.sign(request, time_ms=time_ms, nonce="msg_1" if described.nonce else None).apply(request)


def header(request: Request, name: bytes) -> str:
    return request.header(name).decode()


def refuses(check: Callable[[], object], error: type[Exception]) -> bool:
    """Tell whether a verifier refuses, whether it says so by False or by an error of its own."""
    try:
        return check() is False
    except error:
        return True


def stripe_accepts(request: Request, body: bytes) -> bool:
    stripe.WebhookSignature.verify_header(body.decode(), header(request, b"stripe-signature"), SECRET, 300)
    return True


def standard_accepts(request: Request, body: bytes) -> bool:
    headers = {name.decode(): value.decode() for name, value in request.headers}
    standardwebhooks.Webhook(SECRET).verify(body, headers)
    return True


def slack_accepts(request: Request, body: bytes) -> bool:
    headers = {name.decode(): value.decode() for name, value in request.headers}
    return SignatureVerifier(SECRET).is_valid_request(body, headers)


def line_accepts(request: Request, body: bytes) -> bool:
    return SignatureValidator(SECRET).validate(body.decode(), header(request, b"x-line-signature"))


VERIFIERS = {
    "stripe": (stripe_accepts, stripe.SignatureVerificationError),
    "standard-webhooks": (standard_accepts, standardwebhooks.WebhookVerificationError),
    "slack": (slack_accepts, ValueError),
    "line": (line_accepts, ValueError),
}


@pytest.mark.parametrize("scheme", VERIFIERS)
def test_a_delivery(scheme: str) -> None:
    accepts, error = VERIFIERS[scheme]
    request = signed(scheme, EVENT, b"application/json")
    assert accepts(request, EVENT)
    assert refuses(lambda: accepts(request, EVENT.replace(b"evt_1", b"evt_2")), error)


def test_twilio_with_a_form() -> None:
    request = signed("twilio", b"From=%2B1&Body=a+b&Empty=", b"application/x-www-form-urlencoded")
    url, signature = "https://hooks.example/hook?a=1&b=x%20y", header(request, b"x-twilio-signature")
    fields = {"From": "+1", "Body": "a b", "Empty": ""}
    validator = RequestValidator(SECRET)
    assert validator.validate(url, fields, signature)
    assert not validator.validate(url, {**fields, "From": "+2"}, signature)


def test_discord() -> None:
    pair = private_key("Ed25519")
    described = get_scheme("discord")
    request = Request(b"POST", b"/interactions", [(b"host", b"hooks.example")], body=EVENT)
    signer = Signer(described, Credential.of("", pem_of(pair).decode()))
    sent = signer.sign(request, time_ms=int(time.time() * 1000)).apply(request)
    given = (header(sent, b"x-signature-ed25519"), header(sent, b"x-signature-timestamp"))
    public = pair.public_key().public_bytes_raw().hex()
    assert verify_key(EVENT, *given, public)
    assert not verify_key(EVENT + b" ", *given, public)
