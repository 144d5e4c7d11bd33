"""The examples of RFC 9421, appendix B, and other published signatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, SignatureMismatchError
from sealstamp.schemes import get_scheme

CREATED_MS = 1_618_884_473_000
ED25519_PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
ED25519_PRIVATE = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
"""test-key-ed25519 of appendix B.1.4."""
P256_PUBLIC = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
"""test-key-ecc-p256 of appendix B.1.3."""
FACTS = {
    facts["id"].removeprefix("rfc9421/"): facts
    for facts in json.loads(Path(__file__).parents[1].joinpath("schemes/published.json").read_text(encoding="utf-8"))
    if facts["scheme"] in ("rfc9421", "rfc9530-content-digest")
}


def verifier_for(secret: str, key_id: str, **parameters: str) -> tuple[Verifier, dict[bytes, Any]]:
    parameters = {"must_cover": "", "must_have": "", "secret_form": "base64"} | parameters
    verifier = Verifier(get_scheme("rfc9421", parameters))
    return verifier, {key_id.encode(): verifier.bind(Credential.of(key_id, secret), consumer="rfc")}


def accepts(request: Request, secret: str, key_id: str, **parameters: str) -> bool:
    verifier, keys = verifier_for(secret, key_id, **parameters)
    try:
        return verifier.verify(request, CREATED_MS, keys.get).consumer == "rfc"
    except SignatureMismatchError:
        return False


def signed_request(facts: dict[str, Any]) -> Request:
    asked = facts["request"]
    headers = [(name.lower().encode(), value.encode()) for name, value in asked["headers"]]
    headers += [
        (b"signature-input", facts["params"]["signature_input"].encode()),
        (b"signature", facts["expected"]["value"].encode()),
    ]
    target = asked["url"].partition("example.com")[2].encode()
    return Request(asked["method"].encode(), target, headers, body=asked["body"].encode())


@pytest.mark.parametrize("name", ["B.2.1", "B.2.2", "B.2.3", "B.2.5", "pyauth-B22"])
def test_published_signature_is_accepted(name: str) -> None:
    """RSA-PSS without, with some and with all components, and HMAC."""
    facts = FACTS[name]
    request = signed_request(facts)
    assert accepts(request, facts["secret"], facts["access_key_id"])
    verifier, _ = verifier_for(facts["secret"], facts["access_key_id"])
    presented = verifier.present(request, CREATED_MS)
    stages = verifier.stages(request, presented, Credential.of(facts["access_key_id"], facts["secret"]))
    assert {stage.name: stage.text for stage in stages}["string_to_sign"] == facts["string_to_sign"]


@pytest.mark.parametrize("name", ["B.2.4", "pyauth-B24"])
def test_signature_of_a_response_is_not_one_of_a_request(name: str) -> None:
    """B.2.4 signs a response. Here only requests are verified, and its components are refused as what they are."""
    with pytest.raises(MalformedCredentialsError, match="@status with these parameters is for responses"):
        accepts(signed_request(FACTS[name]), FACTS[name]["secret"], FACTS[name]["access_key_id"])


def test_component_of_a_draft_is_refused() -> None:
    """``@query-params`` was in drafts, and is none in the RFC."""
    facts = FACTS["query-param-nonstd"]
    with pytest.raises(MalformedCredentialsError, match="no component @query-params"):
        accepts(signed_request(facts), facts["secret"], facts["access_key_id"])


TEST_REQUEST = signed_request(FACTS["B.2.5"])
UNSIGNED = Request(TEST_REQUEST.method, TEST_REQUEST.target, TEST_REQUEST.headers[:-2], body=TEST_REQUEST.body)


def sign(request: Request, key_id: str, secret: str, **parameters: str) -> Request:
    scheme = get_scheme("rfc9421", {"must_have": "", "secret_form": "base64"} | parameters)
    return Signer(scheme, Credential.of(key_id, secret)).sign(request, time_ms=CREATED_MS).apply(request)


def test_hmac_is_signed_as_published() -> None:
    """B.2.5."""
    facts = FACTS["B.2.5"]
    components = "date @authority content-type"
    signed = sign(UNSIGNED, facts["access_key_id"], facts["secret"], label="sig-b25", components=components)
    assert signed.header(b"signature-input").decode() == facts["params"]["signature_input"]
    assert signed.header(b"signature").decode() == facts["expected"]["value"]


def test_ed25519_is_signed_as_published() -> None:
    """B.2.6."""
    components = "date @method @path @authority content-type content-length"
    signed = sign(UNSIGNED, "test-key-ed25519", ED25519_PRIVATE, label="sig-b26", components=components)
    assert signed.header(b"signature-input") == (
        b'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        b';created=1618884473;keyid="test-key-ed25519"'
    )
    assert signed.header(b"signature") == (
        b"sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    )
    assert accepts(signed, ED25519_PUBLIC, "test-key-ed25519")


def test_digest_is_written_as_published() -> None:
    """SHA-512 of the test request's body, and the signature covers it."""
    bare = Request(b"POST", b"/foo", [(b"host", b"example.com")], body=UNSIGNED.body)
    signed = sign(bare, "k", "c2VjcmV0", digest="sha-512")
    assert signed.header(b"content-digest").decode() == FACTS["rfc9530/sha-512"]["expected"]["value"]
    assert b'"content-digest"' in signed.header(b"signature-input")


CLIENT_CERT = (
    b":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVk"
    b"aWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
    b"8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAf"
    b"BgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMw"
    b"EYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ"
    b"0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:"
)


def test_tls_terminating_proxy() -> None:
    """B.3: the proxy signs for the service, with ECDSA, the client's certificate among what it covers."""
    headers = [
        (b"host", b"service.internal.example"),
        (b"date", b"Tue, 20 Apr 2021 02:07:55 GMT"),
        (b"content-type", b"application/json"),
        (b"content-length", b"18"),
        (b"client-cert", CLIENT_CERT),
        (
            b"signature-input",
            (
                b'ttrp=("@path" "@query" "@method" "@authority" "client-cert")'
                b';created=1618884473;keyid="test-key-ecc-p256"'
            ),
        ),
        (
            b"signature",
            b"ttrp=:xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==:",
        ),
    ]
    request = Request(b"POST", b"/foo?param=Value&Pet=dog", headers, body=b'{"hello": "world"}')
    assert accepts(request, P256_PUBLIC, "test-key-ecc-p256")
    other = Request(b"POST", b"/foo?param=Value&Pet=cat", headers, body=b'{"hello": "world"}')
    assert not accepts(other, P256_PUBLIC, "test-key-ecc-p256")


TRANSFORM = (
    b'transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
    b"transform=:ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==:",
)
DATE = (b"date", b"Fri, 15 Jul 2022 14:24:55 GMT")


@pytest.mark.parametrize(
    ("method", "target", "host", "fields", "accepted"),
    [
        (b"GET", b"/demo?name1=Value1&Name2=value2", b"example.org", [b"application/json", b"*/*"], True),
        (b"GET", b"/demo?name1=Value1&Name2=value2&param=added", b"example.org", [b"application/json", b"*/*"], True),
        (b"GET", b"/demo?name1=Value1&Name2=value2", b"EXAMPLE.org:443", [b"application/json, */*"], True),
        (b"GET", b"/demo?name1=Value1&Name2=value2", b"example.org", [b"  application/json", b"*/*  "], True),
        (b"POST", b"/demo?name1=Value1&Name2=value2", b"example.org", [b"application/json", b"*/*"], False),
        (b"GET", b"/demo?name1=Value1&Name2=value2", b"example.com", [b"application/json", b"*/*"], False),
        (b"GET", b"/demo?name1=Value1&Name2=value2", b"example.org", [b"*/*", b"application/json"], False),
        (b"GET", b"/other?name1=Value1&Name2=value2", b"example.org", [b"application/json", b"*/*"], False),
    ],
)
def test_transformations(method: bytes, target: bytes, host: bytes, fields: list[bytes], accepted: bool) -> None:
    """B.4: what others may do with a request without breaking its signature, and what they may not."""
    headers = [(b"host", host), DATE, *((b"accept", field) for field in fields)]
    headers += [(b"x-forwarded-for", b"10.0.0.1"), (b"signature-input", TRANSFORM[0]), (b"signature", TRANSFORM[1])]
    assert accepts(Request(method, target, headers), ED25519_PUBLIC, "test-key-ed25519") is accepted
