"""draft-cavage-http-signatures: the examples that are printed, and keys that decide."""

from __future__ import annotations

import base64

import pytest

from sealstamp.core import asymmetric
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import (
    ComponentNotCoveredError,
    ConfigurationError,
    MalformedCredentialsError,
    OutsideTimeWindowError,
    SignatureMismatchError,
    SigningError,
)
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pem_of, private_key, public_pem_of

SHORT_KEY = """-----BEGIN RSA PRIVATE KEY-----
MIICXgIBAAKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QF
NUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+F
UR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB
AoGBAJR8ZkCUvx5kzv+utdl7T5MnordT1TvoXXJGXK7ZZ+UuvMNUCdN2QPc4sBiA
QWvLw1cSKt5DsKZ8UETpYPy8pPYnnDEz2dDYiaew9+xEpubyeW2oH4Zx71wqBtOK
kqwrXa/pzdpiucRRjk6vE6YY7EBBs/g7uanVpGibOVAEsqH1AkEA7DkjVH28WDUg
f1nqvfn2Kj6CT7nIcE3jGJsZZ7zlZmBmHFDONMLUrXR/Zm3pR5m0tCmBqa5RK95u
412jt1dPIwJBANJT3v8pnkth48bQo/fKel6uEYyboRtA5/uHuHkZ6FQF7OUkGogc
mSJluOdc5t6hI1VsLn0QZEjQZMEOWr+wKSMCQQCC4kXJEsHAve77oP6HtG/IiEn7
kpyUXRNvFsDE0czpJJBvL/aRFUJxuRK91jhjC68sA7NsKMGg5OXb5I5Jj36xAkEA
gIT7aFOYBFwGgQAQkWNKLvySgKbAZRTeLBacpHMuQdl1DfdntvAyqpAZ0lY0RKmW
G6aFKaqQfOXKCyWoUiVknQJAXrlgySFci/2ueKlIE1QqIiLSZ8V8OlpFLRnb1pzI
7U1yQXnTAEFYM560yJlzUpOb1V4cScGd365tiSMvxLOvTA==
-----END RSA PRIVATE KEY-----"""
"""The key of appendix C. It has 1024 bits, which is too few for any use but these tests."""
HEADERS = [
    (b"host", b"example.com"),
    (b"date", b"Sun, 05 Jan 2014 21:31:40 GMT"),
    (b"content-type", b"application/json"),
    (b"digest", b"SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
    (b"content-length", b"18"),
]
EXAMPLE = Request(b"POST", b"/foo?param=value&pet=dog", HEADERS, body=b'{"hello": "world"}')
EXAMPLE_MS = 1_388_957_500_000
ALL = "(request-target) host date content-type digest content-length"
APPENDIX_C = {
    "date": (
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc"
        "0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM="
    ),
    "(request-target) host date": (
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+ef"
        "kb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
    ),
    ALL: (
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD4"
        "8XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
    ),
}
"""C.1 to C.3. The draft prints the third below a list with (created) and (expires), which are not in what it signs."""

CREATED_KEY = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----"""
CREATED_MS = 1_402_170_695_000
BY_PSS = (
    "fUwkSsSFiwzb2zFdPdzwp67TFGTR5jKA1aAd5Ytvw3sDkvBdDoW557rkX8BChuBGmEO0G7Q4hp+lRIoJxwYUh/4Sv6JjW4/CSnNTd78Nb4ZfRtDS"
    "9DB5gymlRZ+XygZ9usSovvLR9zJO6ntXMTjhjnEAdQofZOzGeQgNVcxBVCMf0MjttW4tYmI5V/FOqG1qv/7TIaoBDurtvZJXuwsux3KuRV0JcV+B"
    "rv06t5caAgEP2YCdWocpdKzWyeXcQaYaq/u7TiduUeAQX/4+mCGRGCaGbSZp2NIRynmaOKsG/qy1x0afhFfUD7ql2CKDfpSxKS2+EoZ5HetKip2W"
    "Qf4WSQ=="
)
BY_V1_5 = (
    "e3y37nxAoeuXw2KbaIxE2d9jpE7Z9okgizg6QbD2Z7fUVUvog+ZTKKLRBnhNglVIY6fAaYlHwx7ZAXXdBVF8gjWBPL6U9zRrB4PFzjoLSxHaqsvS"
    "0ZK9FRxpenptgukaVQ1aeva3PE1aD6zZ93df2lFIFXGDefYCQ+M/SrDGQOFvaVykEkte5mO6zQZ/HpokjMKvilfSMJS+vbvC1GJItQpjs636Db+7"
    "zB2W1BurkGxtQdCLDXuIDg4S8pPSDihkch/dUzL2BpML3PXGKVXwHOUkVG6Q2ge07IYdzya6N1fIVA9eKI1Y47HT35QliVAxZgE0EZLo8mxq19Re"
    "IVvuFg=="
)
"""Test case A.3.1.1 of draft-ietf-httpbis-message-signatures: as a client of it prints the right one, and as it was."""
KINDS = {"rsa": "RSA", "ecdsa": "P-256", "ed25519": "Ed25519"}


def verify(name: str, secret: str | bytes, request: Request, now_ms: int, **parameters: str) -> None:
    verifier = Verifier(get_scheme(name, parameters))
    key = verifier.bind(Credential.of("Test", secret), consumer="acme")
    verifier.verify(request, now_ms, {b"Test": key}.get)


def with_line(request: Request, name: bytes, value: bytes) -> Request:
    rest = [line for line in request.headers if line[0] != name]
    return Request(request.method, request.target, [*rest, (name, value)], body=request.body)


# with the time in Date


@pytest.fixture
def short_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take keys of RSA as short as the example's, here and nowhere else."""
    monkeypatch.setattr(asymmetric, "RSA_BITS", range(1024, 8193))


@pytest.mark.usefixtures("short_keys")
@pytest.mark.parametrize("listed", APPENDIX_C)
def test_the_examples_of_appendix_c_are_reproduced_and_accepted(listed: str) -> None:
    given = {"cover": listed, "algorithm": "rsa-sha256", "body_digest": "optional" if "digest" in listed else "omitted"}
    signer = Signer(get_scheme("cavage-http-signatures", given), Credential.of("Test", SHORT_KEY))
    signed = signer.sign(EXAMPLE, time_ms=EXAMPLE_MS).apply(EXAMPLE)
    assert signed.header(b"authorization").decode() == (
        f'Signature keyId="Test",algorithm="rsa-sha256",headers="{listed}",signature="{APPENDIX_C[listed]}"'
    )
    verify("cavage-http-signatures", SHORT_KEY, signed, EXAMPLE_MS, **given)
    without = signed.header(b"authorization").replace(b'algorithm="rsa-sha256",', b"")
    verify("cavage-http-signatures", SHORT_KEY, with_line(signed, b"authorization", without), EXAMPLE_MS, **given)
    with pytest.raises(SignatureMismatchError):
        verify(
            "cavage-http-signatures",
            SHORT_KEY,
            with_line(signed, b"date", b"Sun, 05 Jan 2014 21:31:41 GMT"),
            EXAMPLE_MS,
            **given,
        )


def test_a_key_as_short_as_the_examples_is_refused() -> None:
    for name in ("cavage-http-signatures", "cavage-hs2019"):
        with pytest.raises(ConfigurationError, match="2048 to 8192 bits"):
            Signer(get_scheme(name), Credential.of("Test", SHORT_KEY))


def sign_by(name: str, secret: bytes, **parameters: str) -> Request:
    signer = Signer(get_scheme(name, parameters), Credential.of("Test", secret))
    return signer.sign(EXAMPLE, time_ms=EXAMPLE_MS).apply(EXAMPLE)


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512", "ecdsa-sha256", "ed25519"])
def test_the_key_decides_and_not_what_the_request_says(algorithm: str) -> None:
    """Named rightly, not at all, or by another name; and the text that is on file is no secret of an HMAC."""
    key = private_key(KINDS[algorithm.partition("-")[0]])
    request = sign_by("cavage-http-signatures", pem_of(key), algorithm=algorithm)
    said = b'algorithm="%b",' % algorithm.encode()
    verify("cavage-http-signatures", public_pem_of(key), request, EXAMPLE_MS)
    with pytest.raises(SigningError, match="does not fit the key"):
        sign_by("cavage-http-signatures", pem_of(key), algorithm="hmac-sha256")
    unnamed = with_line(request, b"authorization", request.header(b"authorization").replace(said, b""))
    if algorithm != "rsa-sha512":
        verify("cavage-http-signatures", public_pem_of(key), unnamed, EXAMPLE_MS)
    for other in ("hmac-sha256", "hmac-sha512", "ecdsa-sha256", "rsa-sha256", "rsa-sha512", "ed25519"):
        if other != algorithm:
            lie = request.header(b"authorization").replace(said, b'algorithm="%b",' % other.encode())
            with pytest.raises(SignatureMismatchError):
                verify(
                    "cavage-http-signatures", public_pem_of(key), with_line(request, b"authorization", lie), EXAMPLE_MS
                )
    for name in ("hmac-sha256", "hs2019"):
        forged = sign_by("cavage-http-signatures", b"shared", algorithm=name).header(b"authorization")
        for stored in (public_pem_of(key), b"shared too"):
            with pytest.raises(SignatureMismatchError):
                verify("cavage-http-signatures", stored, with_line(EXAMPLE, b"authorization", forged), EXAMPLE_MS)


@pytest.mark.parametrize("name", ["cavage-http-signatures", "cavage-hs2019"])
@pytest.mark.parametrize("kind", ["shared", *KINDS.values()])
def test_hs2019_is_what_the_key_is_for(name: str, kind: str) -> None:
    private = b"shared" if kind == "shared" else pem_of(private_key(kind))
    public = b"shared" if kind == "shared" else public_pem_of(private_key(kind))
    request = sign_by(name, private, algorithm="hs2019")
    verify(name, public, request, EXAMPLE_MS)
    for other in ("RSA-other", *KINDS.values()):
        if other != kind:
            with pytest.raises(SignatureMismatchError):
                verify(name, public_pem_of(private_key(other)), request, EXAMPLE_MS)
    if kind != "shared":
        with pytest.raises(SignatureMismatchError):
            verify(name, "shared", request, EXAMPLE_MS)
    scheme = get_scheme(name)
    verifier = Verifier(scheme, replay_by=ReplayBy.SIGNATURE)
    key = verifier.bind(Credential.of("Test", public), consumer="")
    assert verifier.check(request, verifier.present(request, EXAMPLE_MS), key, EXAMPLE_MS) is not None


# with the time in created


def from_httpbis(signature: str) -> Request:
    value = f'keyId="Test", created=1402170695, headers="(created) (request-target)", signature="{signature}"'
    return with_line(EXAMPLE, b"signature", value.encode())


def test_a_published_signature_by_pss_is_accepted() -> None:
    """With a salt as long as the key lets it be, as many libraries make it. No algorithm is named."""
    given = {"signature_header": "Signature", "prefix": ""}
    verify("cavage-hs2019", CREATED_KEY, from_httpbis(BY_PSS), CREATED_MS, **given)
    with pytest.raises(SignatureMismatchError):  # the draft calls this one hs2019 too, and it is not by PSS
        verify("cavage-hs2019", CREATED_KEY, from_httpbis(BY_V1_5), CREATED_MS, **given)
    with pytest.raises(OutsideTimeWindowError):
        verify("cavage-hs2019", CREATED_KEY, from_httpbis(BY_PSS), CREATED_MS - 1, **given)


def created(expires: str = "", **parameters: str) -> Request:
    signer = Signer(get_scheme("cavage-hs2019", parameters), Credential.of("Test", "secret"))
    values = {"lifetime": expires} if expires else None
    return signer.sign(EXAMPLE, time_ms=CREATED_MS, values=values).apply(EXAMPLE)


def test_created_and_expires_bound_a_request() -> None:
    """Not before it was made, not once it has expired, and never for longer than the window."""
    request = created("10")
    assert b"created=1402170695,expires=1402170705," in request.header(b"authorization")
    for now_ms in (CREATED_MS, CREATED_MS + 10_000):
        verify("cavage-hs2019", "secret", request, now_ms)
    for now_ms in (CREATED_MS - 1, CREATED_MS + 10_001):
        with pytest.raises(OutsideTimeWindowError):
            verify("cavage-hs2019", "secret", request, now_ms)
    verify("cavage-hs2019", "secret", created("86400"), CREATED_MS + 300_000)
    with pytest.raises(OutsideTimeWindowError):
        verify("cavage-hs2019", "secret", created("86400"), CREATED_MS + 300_001)


def test_an_expiry_that_nobody_signed_can_only_shorten() -> None:
    """Who adds one, or takes one out that was not covered, gains no time."""
    line = created().header(b"authorization")
    for seconds in (b"9999999999", b"1402170695"):
        added = with_line(EXAMPLE, b"authorization", line.replace(b",headers", b",expires=%b,headers" % seconds))
        verify("cavage-hs2019", "secret", added, CREATED_MS)
        with pytest.raises(OutsideTimeWindowError):
            verify("cavage-hs2019", "secret", added, CREATED_MS + 300_001)
    for text in (b"", b"soon", b"+1402170699", b"1402170699.5"):
        spoilt = with_line(EXAMPLE, b"authorization", line.replace(b",headers", b',expires="%b",headers' % text))
        if text:
            with pytest.raises(MalformedCredentialsError):
                verify("cavage-hs2019", "secret", spoilt, CREATED_MS)


def test_expires_is_covered_where_the_api_demands_it() -> None:
    cover = "(request-target) (created) (expires)"
    request = created("10", cover=cover)
    verify("cavage-hs2019", "secret", request, CREATED_MS, cover=cover)
    later = with_line(
        request, b"authorization", request.header(b"authorization").replace(b"=1402170705", b"=1402170706")
    )
    with pytest.raises(SignatureMismatchError):
        verify("cavage-hs2019", "secret", later, CREATED_MS, cover=cover)
    with pytest.raises(ComponentNotCoveredError):
        verify("cavage-hs2019", "secret", created("10"), CREATED_MS, cover=cover)
    with pytest.raises(SigningError, match="covered, and not there"):
        created(cover=cover)


def test_a_list_that_does_not_come_is_created_alone() -> None:
    """As the draft has it; that is enough only where the API demands no more."""
    request = created(cover="(created)")
    bare = with_line(request, b"authorization", request.header(b"authorization").replace(b',headers="(created)"', b""))
    verify("cavage-hs2019", "secret", bare, CREATED_MS, cover="(created)")
    with pytest.raises(ComponentNotCoveredError):
        verify("cavage-hs2019", "secret", bare, CREATED_MS)


def test_created_is_not_for_algorithms_that_are_named() -> None:
    """The draft: with one whose name begins with rsa, hmac or ecdsa it is an error."""
    line = created().header(b"authorization")
    for name in (b"rsa-sha256", b"hmac-sha256", b"ecdsa-sha256", b"ed25519"):
        with pytest.raises(MalformedCredentialsError, match="algorithm"):
            verify(
                "cavage-hs2019",
                "secret",
                with_line(EXAMPLE, b"authorization", line.replace(b"hs2019", name)),
                CREATED_MS,
            )


# Tyk


def test_tyk_verifies_with_rsa_what_is_plain_base64() -> None:
    """Of an HMAC the signature is percent-encoded there, of RSA it is not."""
    key = private_key("RSA")
    request = sign_by("tyk-rsa", pem_of(key))
    verify("tyk-rsa", public_pem_of(key), request, EXAMPLE_MS)
    text = b"(request-target): post /foo\ndate: Sun, 05 Jan 2014 21:31:40 GMT"
    signature = base64.b64encode(asymmetric.signer_of("rsa-v1_5-sha256", key)(text)).decode()
    assert f'signature="{signature}"' in request.header(b"authorization").decode()
