"""Key pairs: reading keys, and the functions that sign with a private key and verify with a public one.

Both functions are made once per key; what they do per request is one call into OpenSSL. Signatures have the form that
RFC 9421 gives them: those of ECDSA are r and s side by side, unless the algorithm's name ends in ``-der``.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from sealstamp.core.record import Record
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:  # the modules of key pairs are imported by the first scheme that needs them
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey
    PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
    Key = PrivateKey | PublicKey

Sign = Callable[[bytes], bytes]
"""From what is signed to the signature's raw bytes."""
Verify = Callable[[bytes, bytes], bool]
"""From what is signed and a signature that came to whether it is right; False, and no error, for bytes of any kind."""

RSA_BITS: Final = range(2048, 8193)
"""The sizes of RSA keys that are taken: smaller ones are weak, larger ones let a caller burn the verifier's time."""

ORDERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "P-384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    }
)
"""The orders of the curves' groups (SEC 2, sections 2.4.2 and 2.5.1)."""

_PEM = re.compile(rb"\s*-----BEGIN [A-Z0-9 ]+-----")  # RFC 7468, section 3
_MARKED = re.compile(rb"\s*wh[ps]k_")
"""How Standard Webhooks writes keys of Ed25519: ``whpk_`` and the public, ``whsk_`` and the private key, in base64."""


class Algorithm(Record):
    """One way to sign: ``family`` is the kind of key, ``size`` the bytes of r and of s side by side, 0 for DER.

    ``any_salt`` says that signatures of PSS come with a salt of any length; here it is made as long as the digest.
    """

    name: str
    family: str
    hash: type[hashes.HashAlgorithm] | None = None
    size: int = 0
    any_salt: bool = False


ALGORITHMS: Final[Mapping[str, Algorithm]] = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            Algorithm("ed25519", "Ed25519"),
            Algorithm("ecdsa-p256-sha256", "P-256", hashes.SHA256, 32),
            Algorithm("ecdsa-p384-sha384", "P-384", hashes.SHA384, 48),
            Algorithm("ecdsa-p256-sha256-der", "P-256", hashes.SHA256),
            Algorithm("ecdsa-p256-sha512-der", "P-256", hashes.SHA512),
            Algorithm("ecdsa-p384-sha384-der", "P-384", hashes.SHA384),
            Algorithm("rsa-pss-sha512", "RSA", hashes.SHA512),
            Algorithm("rsa-pss-sha512-any-salt", "RSA", hashes.SHA512, any_salt=True),
            Algorithm("rsa-v1_5-sha1", "RSA", hashes.SHA1),
            Algorithm("rsa-v1_5-sha256", "RSA", hashes.SHA256),
            Algorithm("rsa-v1_5-sha512", "RSA", hashes.SHA512),
        )
    }
)
"""Every algorithm by its name; the names are RFC 9421's where it has one."""


def load_key(text: bytes) -> Key:
    """Read a private or public key.

    It is PEM (PKCS #8, PKCS #1, SEC 1, SPKI), or a key of Ed25519: the 32 bytes of a public one in hex or base64, or
    either half as Standard Webhooks writes it. Raises ConfigurationError, which shows nothing of the text.
    """
    text = text.strip()
    try:
        key = _load_pem(text) if _PEM.match(text) else _load_marked(text) if _MARKED.match(text) else _load_raw(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key is under a password
        key = None
    if family_of(key) is None:
        text = b""  # the traceback must not show it
        hint = "PEM without a password, or the 32 bytes of an Ed25519 public key in hexadecimal or base64"
        raise ConfigurationError("key", "this is not a key that can be used", hint) from None
    return key  # type: ignore[return-value]  # family_of has told that it is one of ours


def _load_pem(text: bytes) -> object:
    from cryptography.hazmat.primitives import serialization

    if b"PRIVATE KEY-----" in text.split(b"\n", 1)[0]:
        return serialization.load_pem_private_key(text, password=None)
    return serialization.load_pem_public_key(text)


def _load_raw(text: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = bytes.fromhex(text.decode("ascii")) if len(text) == 64 else binascii.a2b_base64(text, strict_mode=True)
    return Ed25519PublicKey.from_public_bytes(raw)


def _load_marked(text: bytes) -> object:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    raw = binascii.a2b_base64(text[5:], strict_mode=True)
    if text.startswith(b"whpk_"):
        return Ed25519PublicKey.from_public_bytes(raw)
    key = Ed25519PrivateKey.from_private_bytes(raw[:32])
    if raw[32:] not in (b"", key.public_key().public_bytes_raw()):  # some write the public key after the private one
        raise ValueError("two halves of different keys")
    return key


def is_key_text(text: bytes) -> bool:
    """Tell whether a text says of itself that it is a key of a pair, by PEM or a mark.

    Such a text is never anything else, least of all a MAC's key.
    """
    return _PEM.match(text) is not None or _MARKED.match(text) is not None


def is_private(key: Key) -> bool:
    """Tell whether this is a private key."""
    return hasattr(key, "sign")


def public_part(key: Key) -> PublicKey:
    """Return the public key of a pair; a public key is its own."""
    return key.public_key() if hasattr(key, "public_key") else key


def public_pem(key: Key) -> bytes:
    """Write the public key as PEM (SPKI)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public_part(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def made_from(family: str, drawn: bytes) -> bytes:
    """Return the private key, in PEM, that follows from bytes drawn at random: as many as the key's own are."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: PrivateKey
    if family == "Ed25519":
        key = ed25519.Ed25519PrivateKey.from_private_bytes(drawn)
    else:
        curve = ec.SECP256R1() if family == "P-256" else ec.SECP384R1()
        key = ec.derive_private_key((int.from_bytes(drawn, "big") >> 1) + 1, curve)  # below the order of either group
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def family_of(key: object) -> str | None:
    """Return the kind of a key, as ``Algorithm.family`` has it; None if no algorithm here uses its kind."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match key:
        case ed25519.Ed25519PrivateKey() | ed25519.Ed25519PublicKey():
            return "Ed25519"
        case rsa.RSAPrivateKey() | rsa.RSAPublicKey():
            return "RSA"
        case ec.EllipticCurvePrivateKey() | ec.EllipticCurvePublicKey():
            return {"secp256r1": "P-256", "secp384r1": "P-384"}.get(key.curve.name)
    return None


def misfit(algorithm: str, key: Key) -> str | None:
    """Say why a key cannot be used with an algorithm, or None. Raises ConfigurationError if there is no such one."""
    wanted, family = _algorithm(algorithm).family, family_of(key)
    if family != wanted:
        return f"{algorithm} needs a key of {wanted}, and this is one of {family}"
    if family == "RSA" and key.key_size not in RSA_BITS:  # type: ignore[union-attr]  # keys of RSA have one
        return f"a key of RSA has {RSA_BITS.start} to {RSA_BITS.stop - 1} bits here"
    return None


def signer_of(algorithm: str, key: Key) -> Sign:
    """Return the function that signs. Raises ConfigurationError for a key that is public or does not fit."""
    _require_fit(algorithm, key)
    if not is_private(key):
        raise ConfigurationError("key", "a public key cannot sign", "sign with the private key of the pair")
    entry, sign = _algorithm(algorithm), _call(key.sign, _settings(algorithm))  # type: ignore[union-attr]  # it is private
    return _raw_after(sign, entry.size) if entry.size else sign


def verifier_of(algorithm: str, key: Key) -> Verify:
    """Return the function that verifies; of a private key it keeps the public part alone.

    Raises ConfigurationError for a key that does not fit, or if this system's OpenSSL refuses the algorithm.
    """
    _require_fit(algorithm, key)
    entry, call = _algorithm(algorithm), _call(public_part(key).verify, _settings(algorithm, verifies=True))

    def verify(data: bytes, signature: bytes) -> bool:
        try:
            call(_der_of(signature, entry.size) if entry.size else signature, data)
        except InvalidSignature:
            return False
        return True

    try:
        verify(b"", b"")  # a policy against SHA-1 shows now, and not at a request
    except UnsupportedAlgorithm:
        hint = "allow it in its configuration, or use another algorithm"
        raise ConfigurationError(f"sign:{algorithm}", "this system's OpenSSL refuses it", hint) from None
    return verify


def one_form(algorithm: str, signature: bytes) -> bytes:
    """Return one text for all the signatures that anybody can make of a right one; it is no signature itself.

    Of ECDSA, (r, -s) is as good as (r, s), and a guard against replay must take them for one.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    entry = _algorithm(algorithm)
    if entry.family not in ORDERS:
        return signature
    r, s = decode_dss_signature(_der_of(signature, entry.size) if entry.size else signature)
    return b"%x %x" % (r, min(s, ORDERS[entry.family] - s))


def is_malleable(algorithm: str) -> bool:
    """Tell whether a signature has more than one form."""
    return _algorithm(algorithm).family in ORDERS


@cache
def stranger_key(algorithm: str) -> PublicKey:
    """Return a public key whose signatures nobody is to have believed: what it verifies is refused all the same."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match ALGORITHMS[algorithm].family:
        case "Ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(b"\x58" + b"\x66" * 31)  # the base point
        case "RSA":
            return rsa.RSAPublicNumbers(65537, (1 << 2048) - 1).public_key()
        case curve:
            return ec.derive_private_key(1, ec.SECP256R1() if curve == "P-256" else ec.SECP384R1()).public_key()


def _algorithm(name: str) -> Algorithm:
    if name not in ALGORITHMS:
        hint = did_you_mean(name, ALGORITHMS)
        raise ConfigurationError(f"sign:{name}", "there is no such algorithm", hint)
    return ALGORITHMS[name]


def _require_fit(algorithm: str, key: Key) -> None:
    if problem := misfit(algorithm, key):
        raise ConfigurationError("key", problem, "another key, or another algorithm")


def _call(method: Callable[..., Any], settings: tuple[object, ...]) -> Callable[..., Any]:
    """Return a key's method with what the algorithm says put after its arguments."""
    return lambda *arguments: method(*arguments, *settings)


@cache
def _settings(algorithm: str, *, verifies: bool = False) -> tuple[object, ...]:
    entry = ALGORITHMS[algorithm]
    if entry.hash is None:
        return ()
    if entry.family != "RSA":
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

        return (ECDSA(entry.hash()),)
    return _padding(entry, entry.hash(), any_salt=entry.any_salt and verifies), entry.hash()


def _padding(entry: Algorithm, digest: hashes.HashAlgorithm, *, any_salt: bool) -> AsymmetricPadding:
    from cryptography.hazmat.primitives.asymmetric import padding

    if not entry.name.startswith("rsa-pss"):
        return padding.PKCS1v15()
    salt = padding.PSS.AUTO if any_salt else digest.digest_size  # RFC 9421, section 3.3.1: 64 octets
    return padding.PSS(padding.MGF1(digest), salt_length=salt)


def _raw_after(sign: Sign, size: int) -> Sign:
    """Return ``sign`` with its DER taken apart: r and s, each of ``size`` bytes (RFC 9421, section 3.3.4)."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    def sign_raw(data: bytes) -> bytes:
        r, s = decode_dss_signature(sign(data))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign_raw


def _der_of(signature: bytes, size: int) -> bytes:
    """Return r and s as DER. Raises InvalidSignature unless they have exactly their size."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if len(signature) != 2 * size:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
