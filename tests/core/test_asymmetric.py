"""Key pairs: published vectors, every form of key, and signatures of any bytes."""

from __future__ import annotations

import base64
import hashlib
import traceback

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.asymmetric import (
    ALGORITHMS,
    is_key_text,
    is_private,
    load_key,
    misfit,
    public_part,
    public_pem,
    signer_of,
    verifier_of,
)
from sealstamp.errors import ConfigurationError
from tests.core.key_pairs import pair_for, pem_of, private_key, public_pem_of

ED25519_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""RFC 8032, section 7.1, test 1."""
ED25519_SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


def point(curve: ec.EllipticCurve, x: str, y: str):
    return ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), curve).public_key()


SAMPLES = {  # RFC 6979, A.2.5 and A.2.6, of the text "sample"
    "ecdsa-p256-sha256": (
        point(
            ec.SECP256R1(),
            "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
            "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        ),
        (
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
        ),
    ),
    "ecdsa-p384-sha384": (
        point(
            ec.SECP384R1(),
            "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
            "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
        ),
        (
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
        ),
    ),
}


@pytest.mark.parametrize("text", [ED25519_PUBLIC.hex().encode(), base64.b64encode(ED25519_PUBLIC) + b"\n"])
def test_ed25519_verifies_the_published_signature(text: bytes) -> None:
    verify = verifier_of("ed25519", load_key(text))
    assert verify(b"", ED25519_SIGNATURE)
    assert not verify(b"x", ED25519_SIGNATURE)


@pytest.mark.parametrize("algorithm", SAMPLES)
def test_ecdsa_verifies_the_published_signature(algorithm: str) -> None:
    key, signature = SAMPLES[algorithm]
    verify = verifier_of(algorithm, key)
    assert verify(b"sample", bytes.fromhex(signature))
    assert not verify(b"Sample", bytes.fromhex(signature))


def test_rsa_v1_5_is_what_rfc_8017_says() -> None:
    private, public = pair_for("rsa-v1_5-sha256")
    signature = signer_of("rsa-v1_5-sha256", load_key(private))(b"text")
    numbers = load_key(public).public_numbers()
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(b"text").digest()
    encoded = b"\0\1" + b"\xff" * (256 - 3 - len(digest_info)) + b"\0" + digest_info
    assert pow(int.from_bytes(signature, "big"), numbers.e, numbers.n) == int.from_bytes(encoded, "big")


def test_rsa_pss_has_a_salt_of_64_bytes() -> None:
    key = private_key("RSA")
    signature = signer_of("rsa-pss-sha512", key)(b"text")
    key.public_key().verify(signature, b"text", padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())
    other = key.sign(b"text", padding.PSS(padding.MGF1(hashes.SHA512()), 32), hashes.SHA512())
    assert not verifier_of("rsa-pss-sha512", key)(b"text", other)


def test_rsa_pss_takes_a_salt_of_any_length_where_it_says_so() -> None:
    key, digest = private_key("RSA"), hashes.SHA512()
    verify = verifier_of("rsa-pss-sha512-any-salt", key)
    for salt in (0, 20, 64, 190):
        signature = key.sign(b"text", padding.PSS(padding.MGF1(digest), salt), digest)
        assert verify(b"text", signature)
        assert not verify(b"Text", signature)
    assert verifier_of("rsa-pss-sha512", key)(b"text", signer_of("rsa-pss-sha512-any-salt", key)(b"text"))
    assert not verify(b"text", key.sign(b"text", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_the_private_key_signs_the_public_key_verifies(algorithm: str) -> None:
    private, public = pair_for(algorithm)
    signature = signer_of(algorithm, load_key(private))(b"text")
    verify = verifier_of(algorithm, load_key(public))
    assert verify(b"text", signature)
    assert not verify(b"Text", signature)
    assert not verify(b"text", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert verifier_of(algorithm, load_key(private))(b"text", signature)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_does_not_take_the_signatures_of_another(algorithm: str) -> None:
    alike = {"rsa-pss-sha512", "rsa-pss-sha512-any-salt"}
    for other in ALGORITHMS.keys() - ({algorithm} if algorithm not in alike else alike):
        signature = signer_of(other, load_key(pair_for(other)[0]))(b"text")
        assert not verifier_of(algorithm, load_key(pair_for(algorithm)[1]))(b"text", signature), other


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(signature=st.one_of(st.binary(max_size=300), st.sampled_from([0, 64, 96, 256]).map(bytes)))
def test_any_bytes_are_a_signature_that_does_not_match(algorithm: str, signature: bytes) -> None:
    assert not verifier_of(algorithm, load_key(pair_for(algorithm)[1]))(b"text", signature)


PRIVATE_FORMATS = (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
FORMS = [
    *(pem_of(private_key(kind), form) for kind in ("RSA", "P-256") for form in PRIVATE_FORMATS),
    pem_of(private_key("Ed25519")),
]


@pytest.mark.parametrize("text", FORMS)
def test_private_keys_are_read_in_every_form(text: bytes) -> None:
    assert is_key_text(text)
    key = load_key(text)
    assert is_private(key)
    assert not is_private(public_part(key))
    assert load_key(public_pem(key)) == public_part(key)


def test_public_keys_are_read_in_every_form() -> None:
    for form in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1):
        assert load_key(public_pem_of(private_key("RSA"), form)) == private_key("RSA").public_key()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"x",
        b"g" * 64,
        b"\xff" * 64,
        b"A" * 43,
        b"-----BEGIN PUBLIC KEY-----",
        b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXBhcnQ=\n-----END PRIVATE KEY-----",
        pem_of(private_key("RSA"), encryption=BestAvailableEncryption(b"password")),
        pem_of(private_key("P-521")),
        pem_of(dsa.generate_private_key(1024)),
    ],
)
def test_what_is_no_key_is_refused_and_not_shown(text: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_key(text)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    frames = shown[shown.index("core/asymmetric.py") :]
    assert "not a key" in shown
    assert not text[30:] or repr(text[30:])[2:-1] not in frames


@pytest.mark.parametrize(
    ("algorithm", "kind", "problem"),
    [
        ("ed25519", "RSA", "needs a key of Ed25519, and this is one of RSA"),
        ("ecdsa-p256-sha256", "P-384", "needs a key of P-256, and this is one of P-384"),
        ("rsa-v1_5-sha256", "RSA-1024", "2048 to 8192 bits"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(algorithm: str, kind: str, problem: str) -> None:
    key = private_key(kind)
    assert misfit(algorithm, key)
    for make in (signer_of, verifier_of):
        with pytest.raises(ConfigurationError, match=problem):
            make(algorithm, key)


def test_a_public_key_does_not_sign() -> None:
    with pytest.raises(ConfigurationError, match="a public key cannot sign"):
        signer_of("ed25519", load_key(ED25519_PUBLIC.hex().encode()))


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'ed25519'"):
        verifier_of("ed25591", private_key("Ed25519"))
