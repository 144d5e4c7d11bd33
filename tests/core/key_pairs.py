"""Key pairs for tests, made once a run."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sealstamp.core.asymmetric import ALGORITHMS

Pair = tuple[bytes, bytes]
"""A private key and its public key, in PEM."""

MAKERS = {
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-other": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),
}


@cache
def private_key(kind: str):
    return MAKERS[kind]()


def pem_of(key, private_format: PrivateFormat = PrivateFormat.PKCS8, encryption=None) -> bytes:
    return key.private_bytes(Encoding.PEM, private_format, encryption or NoEncryption())


def public_pem_of(key, public_format: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, public_format)


def pair_for(algorithm: str) -> Pair:
    key = private_key(ALGORITHMS[algorithm].family)
    return pem_of(key), public_pem_of(key)
