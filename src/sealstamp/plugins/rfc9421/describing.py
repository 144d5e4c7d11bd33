"""What the lint, the documentation and the commands want to know of the scheme."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.code import Description
from sealstamp.core.scheme import Scheme
from sealstamp.plugins.rfc9421.policy import policy_of

STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content_digest": "the Content-Digest of the body (RFC 9530), if there is a body",
        "string_to_sign": "the signature base: a line for each covered component, its identifier and its value, "
        "and last the line of the list itself and its parameters (RFC 9421, section 2.5)",
        "signature": "the signature base signed by the algorithm of the key, in base64 between colons after the label",
    }
)
_SPOKEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hmac-sha256": "HMAC-SHA256",
        "ed25519": "Ed25519",
        "ecdsa-p256-sha256": "ECDSA P-256",
        "ecdsa-p384-sha384": "ECDSA P-384",
        "rsa-pss-sha512": "RSA-PSS",
        "rsa-v1_5-sha256": "RSA PKCS #1 v1.5",
    }
)


def describe(scheme: Scheme) -> Description:
    """Describe the scheme with its parameters in force. Raises ConfigurationError for one that does not fit."""
    policy = policy_of(scheme)
    return Description(
        stages=STAGES,
        covered=policy.parts,
        digests=frozenset({"sha256", "sha384", "sha512"}),
        signed_with=" or ".join(_SPOKEN[algorithm] for algorithm in policy.algorithms),
        needs_body=False,
        may_lack=frozenset(
            {"timestamp", "nonce"} - {_DEMANDED[name] for name in policy.must_have if name in _DEMANDED}
        ),
    )


_DEMANDED: Final = {"created": "timestamp", "nonce": "nonce"}
