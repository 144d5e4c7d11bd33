"""Signing with httpx2.

::

    signer = OriginSigner("https://api.example.com", "bbx", credential)
    httpx2.Client(auth=SigningAuth(signer))                                  # sync, or AsyncClient
    httpx2.Client(transport=SigningTransport(signer, httpx2.HTTPTransport()))  # every redirect is signed as it is sent
"""

from __future__ import annotations

import httpx2

from sealstamp.signing.alike import AsyncTransport, Auth, Once, Transport
from sealstamp.signing.beside import SignedHeaders
from sealstamp.signing.signer import OriginSigner


class _SignedHeaders(SignedHeaders, httpx2.Headers):
    plain = httpx2.Headers


class _Once(Once, httpx2.SyncByteStream, httpx2.AsyncByteStream):
    library = httpx2


class SigningAuth(Auth, httpx2.Auth):
    """Signs requests to one origin; refuses to sign for another, with SigningError.

    Nothing that signs is in what a redirect is made of, so none of it reaches another origin. Within the origin a
    redirected request is sent unsigned first, and signed if that was refused; ``SigningTransport`` spares that.
    """

    library, headers_type, body_type = httpx2, _SignedHeaders, _Once


class SigningTransport(Transport, httpx2.BaseTransport):
    """Signs what goes to one origin through another transport, each time it goes; everything else passes unsigned."""

    library = httpx2

    def __init__(self, signer: OriginSigner, transport: httpx2.BaseTransport | None = None) -> None:
        super().__init__(signer, transport or httpx2.HTTPTransport())


class AsyncSigningTransport(AsyncTransport, httpx2.AsyncBaseTransport):
    """The same for ``AsyncClient``."""

    library = httpx2

    def __init__(self, signer: OriginSigner, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        super().__init__(signer, transport or httpx2.AsyncHTTPTransport())
