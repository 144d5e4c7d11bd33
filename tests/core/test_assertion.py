"""Assertions of who called: another library reads what is written, and nothing else is believed."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sealstamp.core.assertion import Assertion, AssertionSigner, check_assertion
from sealstamp.core.asymmetric import public_pem
from sealstamp.core.verifier import Principal
from sealstamp.errors import ConfigurationError, InvalidAssertionError
from sealstamp.server.asserting import Asserter

SECRET = b"a shared secret of sixty-four bytes, which is enough for any hash there is"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PRIVATE_PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
PUBLIC_PEM = public_pem(PRIVATE)
NOW = 1_767_225_600
SAID = Assertion("acme", "acme-1", "bbx", "shop", NOW, NOW + 60)
KINDS = {"HS256": (SECRET, SECRET), "EdDSA": (PRIVATE_PEM, PUBLIC_PEM)}


@pytest.mark.parametrize("algorithm", KINDS)
def test_written_and_checked(algorithm: str) -> None:
    """What was said comes out, with spaces around the key or without."""
    key, checking = KINDS[algorithm]
    token = AssertionSigner(key + b"\n").write(SAID)
    assert check_assertion(token.decode(), checking.decode(), api="shop", now_s=NOW + 59) == SAID


@pytest.mark.parametrize("algorithm", KINDS)
def test_another_library_reads_it(algorithm: str) -> None:
    """PyJWT takes it with the algorithm, the issuer and the audience that the page names."""
    key, checking = KINDS[algorithm]
    token = AssertionSigner(key).write(SAID).decode()
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, checking, [algorithm], options, audience="shop", issuer="sealstamp")
    assert (claims["sub"], claims["access_key_id"], claims["scheme"]) == ("acme", "acme-1", "bbx")
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + 60)


CLAIMS = {
    "iss": "sealstamp",
    "aud": "shop",
    "sub": "acme",
    "access_key_id": "acme-1",
    "scheme": "bbx",
    "iat": NOW,
    "exp": NOW + 60,
}


def test_what_another_library_writes() -> None:
    """A right token of its making is taken, so that the refusals below are for what they name."""
    assert check_assertion(jwt.encode(CLAIMS, SECRET, "HS256"), SECRET, api="shop", now_s=NOW) == SAID


@pytest.mark.parametrize(
    ("change", "now_s"),
    [
        ({"aud": "other"}, NOW),
        ({"aud": ["shop"]}, NOW),
        ({"iss": "somebody"}, NOW),
        ({"sub": None}, NOW),
        ({"sub": 1}, NOW),
        ({"exp": None}, NOW),
        ({"exp": True}, NOW),
        ({"exp": NOW + 0.5}, NOW),
        ({}, NOW + 60),
        ({}, NOW - 61),
    ],
)
def test_signed_but_not_for_us(change: dict[str, Any], now_s: int) -> None:
    """A right signature is not enough."""
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    with pytest.raises(InvalidAssertionError):
        check_assertion(jwt.encode(claims, SECRET, "HS256"), SECRET, api="shop", now_s=now_s)


def text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


RIGHT = AssertionSigner(SECRET).write(SAID).decode()
HEAD, BODY, SIGNATURE = RIGHT.split(".")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        f"{RIGHT}.",
        f"{RIGHT}=",
        f" {RIGHT}",
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}.{SIGNATURE[:-1]}",
        f"{HEAD}.{text({**CLAIMS, 'sub': 'admin'})}.{SIGNATURE}",
        f"{text({'alg': 'none'})}.{BODY}.",
        f"{text({'alg': 'none'})}.{BODY}.{SIGNATURE}",
        f"{text([])}.{BODY}.{SIGNATURE}",
        jwt.encode(CLAIMS, SECRET, "HS512"),
        jwt.encode(CLAIMS, SECRET, "HS256", headers={"crit": ["exp"]}),
        jwt.encode(CLAIMS, SECRET.upper(), "HS256"),
        AssertionSigner(PRIVATE_PEM).write(SAID).decode(),
        "a" * 100_000,
        "é.é.é",
    ],
)
def test_tokens_that_are_refused(token: str) -> None:
    """Whatever comes, there is the one error."""
    with pytest.raises(InvalidAssertionError):
        check_assertion(token, SECRET, api="shop", now_s=NOW)


def test_the_public_key_is_no_secret() -> None:
    """A token signed with HMAC, with the public key for a secret, is not taken by who has the public key."""
    head, claims = text({"alg": "HS256", "typ": "JWT"}), text(CLAIMS)
    signature = base64.urlsafe_b64encode(hmac.digest(PUBLIC_PEM.strip(), f"{head}.{claims}".encode(), "sha256"))
    with pytest.raises(InvalidAssertionError):
        check_assertion(f"{head}.{claims}.{signature.rstrip(b'=').decode()}", PUBLIC_PEM, api="shop", now_s=NOW)


@pytest.mark.parametrize(
    "key", [b"", b"short", PUBLIC_PEM, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_keys_that_cannot_sign(key: bytes) -> None:
    """They are refused when the service starts, and not shown."""
    with pytest.raises(ConfigurationError) as refused:
        AssertionSigner(key)
    assert not key or key.decode() not in str(refused.value)


def test_one_is_shown_for_half_of_its_life() -> None:
    """Then another is written; each API has its own."""
    times = [NOW * 1000]
    asserter = Asserter(AssertionSigner(SECRET), lambda: times[-1], 60_000)
    who = Principal("acme-1", "acme", "bbx")
    first = asserter.assertion(who, "shop")
    times.append(NOW * 1000 + 29_999)
    assert asserter.assertion(who, "shop") is first
    assert asserter.assertion(who, "lab") != first
    times.append(NOW * 1000 + 30_000)
    second = asserter.assertion(who, "shop")
    assert check_assertion(second, SECRET, api="shop", now_s=NOW + 30).expires_s == NOW + 90
