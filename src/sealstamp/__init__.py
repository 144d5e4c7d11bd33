"""AccessKey authentication for HTTP APIs, where a scheme is data.

A scheme says which fields a request carries, where they travel, what text is signed and how, how old it may be, and
what must be unique. ``get_scheme`` gives one of the catalogue, or reads a file. From a scheme come a signer and a
verifier, which do no I/O: time, nonces and keys are arguments.

>>> from sealstamp import Credential, Request, Signer, Verifier, get_scheme
>>> scheme = get_scheme("bbx")
>>> credential = Credential.of("975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45")
>>> request = Request(b"GET", b"/orders", [(b"host", b"api.example.com")])

The client signs. ``time_ms`` is Unix milliseconds, whatever the scheme writes.

>>> instructions = Signer(scheme, credential).sign(request, time_ms=1612149637000, nonce="2")
>>> signed = instructions.apply(request)
>>> signed.query_fields[0][b"Signature"]
b'M2Y0ODNlYTUwNDFiMTg5MjRmMGQxNmY1YTMyMzc1NTc5NTUzNDAzYw=='

The door verifies. A key is bound once, when it enters a cache; then each request costs a few microseconds.

>>> verifier = Verifier(scheme)
>>> keys = {b"975988f45090561684b7d8f4e45b85c2": verifier.bind(credential, consumer="acme")}
>>> verifier.verify(signed, 1612149640000, keys.get).consumer
'acme'
>>> verifier.verify(signed, 1612149700000, keys.get)
Traceback (most recent call last):
    ...
sealstamp.errors.OutsideTimeWindowError: the request's time is 63000 ms behind the server's

Whatever bytes came, ``verify`` returns a Principal or raises a VerificationError.
"""

from typing import TYPE_CHECKING

from sealstamp.late import late

if TYPE_CHECKING:
    from sealstamp.client import AsyncClient, Client
    from sealstamp.core.assertion import Assertion, check_assertion
    from sealstamp.core.credential import Credential, Secret
    from sealstamp.core.request import Request
    from sealstamp.core.scheme import Scheme
    from sealstamp.core.signer import Instructions, Signer
    from sealstamp.core.stages import Stage
    from sealstamp.core.toldbody import BodyChecker
    from sealstamp.core.verifier import BoundKey, Claim, ClaimResult, Principal, ReplayBy, Verifier
    from sealstamp.errors import (
        ConfigurationError,
        InvalidAssertionError,
        NotFoundError,
        Reason,
        SchemeError,
        SealstampError,
        SigningError,
        StoreUnavailableError,
        VerificationError,
    )
    from sealstamp.schemes import get_scheme, scheme_names

__all__ = [
    "Assertion",
    "AsyncClient",
    "BodyChecker",
    "BoundKey",
    "Claim",
    "ClaimResult",
    "Client",
    "ConfigurationError",
    "Credential",
    "Instructions",
    "InvalidAssertionError",
    "NotFoundError",
    "Principal",
    "Reason",
    "ReplayBy",
    "Request",
    "Scheme",
    "SchemeError",
    "SealstampError",
    "Secret",
    "Signer",
    "SigningError",
    "Stage",
    "StoreUnavailableError",
    "VerificationError",
    "Verifier",
    "check_assertion",
    "get_scheme",
    "scheme_names",
]


__getattr__, __dir__ = late(
    __name__,
    {
        "client": ("AsyncClient", "Client"),  # they need sealstamp[client]
        "core.assertion": ("Assertion", "check_assertion"),
        "core.credential": ("Credential", "Secret"),
        "core.request": ("Request",),
        "core.scheme": ("Scheme",),
        "core.signer": ("Instructions", "Signer"),
        "core.stages": ("Stage",),
        "core.toldbody": ("BodyChecker",),
        "core.verifier": ("BoundKey", "Claim", "ClaimResult", "Principal", "ReplayBy", "Verifier"),
        "errors": (
            "ConfigurationError",
            "InvalidAssertionError",
            "NotFoundError",
            "Reason",
            "SchemeError",
            "SealstampError",
            "SigningError",
            "StoreUnavailableError",
            "VerificationError",
        ),
        "schemes": ("get_scheme", "scheme_names"),
    },
)
