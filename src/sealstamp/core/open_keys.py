"""Two keys of RSA for examples and test vectors. Everybody may know them: never use them for anything else.

All other secrets of examples are made from names; a key of RSA cannot be, in a few lines.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_EXPONENT: Final = 65537
_PRIMES: Final = (
    (
        (
            "d78df608cdec5d618ff3d4a77ce5be0630b1d7eb639863f2ad47e2789264f559"
            "7dd93b4f01eb853ad9df06821f3eb5e567664a4c979e4135b6afc9ad1f64783c"
            "36ab94761bdf924003027f102a521ee9b9d629bc4c0fde4a48123f19c6551874"
            "868dfd74c5a22d622895d8add10a8d74e7a95c99ee4959e8f5ec8fe7d4c7194b"
        ),
        (
            "d2eabb5e54053f9106c6aefcb7e78f13419ad11fb23d636ab4d8d9ba4e85476a"
            "27f898e272a9454f5622cca97e287928e78db2eb0c9659a6a3180e7dc029299f"
            "2a5229a70e205f55cdd72b4f451e16ca13b4f7b4e0a1ff0ba19bb87a34507db2"
            "f4fb86322a4e7814635b17e60a62c14a6da725063a5f9de43a57654c1f469ddd"
        ),
    ),
    (
        (
            "e9a0e82ec98a6aa68c2c48c71b3dfa59aa0d525ef9ad3f7c548152edac83d9b4"
            "a34f21f39d76fa23e0a9e26df93a7393e4b2c7aabeba2e7d23d261da4c67ca99"
            "20c7f3ea531ccd057a68bd9ee49d81ec0cf0c399a77f4afb72e5d2f77c5924bf"
            "65bccf420b32cfedd3f8262bc26f08b036eee0d9fe6a4e5234074a0de8ffcba3"
        ),
        (
            "c1921c3209d6c48f2cef190e1a87afccf565d4cff5f592e7f6960429e86e53db"
            "4fce215e121bd53b1cf44662895a8505468ca6edfe2fac90925d41562e6c4680"
            "0c1e6ae037327747c4cfeec31d8585653f50455d6c962742fd9eb5a87c005ec1"
            "ad6e116d3a526af18b2c56e5e14b8f6f4d8e4cc18adfabaad22f78427a97bf79"
        ),
    ),
)


@cache
def open_rsa_key(number: int) -> str:
    """Return the first (0) or second (1) private key, in PEM."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    p, q = (int(prime, 16) for prime in _PRIMES[number])
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
