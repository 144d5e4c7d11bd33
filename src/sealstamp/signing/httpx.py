"""Signing with httpx.

::

    signer = OriginSigner("https://api.example.com", "bbx", credential)
    httpx.Client(auth=SigningAuth(signer))                                  # sync, or AsyncClient
    httpx.Client(transport=SigningTransport(signer, httpx.HTTPTransport()))  # every redirect is signed as it is sent
"""

from __future__ import annotations

import httpx

from sealstamp.signing.alike import AsyncTransport, Auth, Once, Transport
from sealstamp.signing.beside import SignedHeaders
from sealstamp.signing.signer import OriginSigner


class _SignedHeaders(SignedHeaders, httpx.Headers):
    plain = httpx.Headers


class _Once(Once, httpx.SyncByteStream, httpx.AsyncByteStream):
    library = httpx


class SigningAuth(Auth, httpx.Auth):
    """Signs requests to one origin; refuses to sign for another, with SigningError.

    Nothing that signs is in what a redirect is made of, so none of it reaches another origin. Within the origin a
    redirected request is sent unsigned first, and signed if that was refused; ``SigningTransport`` spares that.
    """

    library, headers_type, body_type = httpx, _SignedHeaders, _Once


class SigningTransport(Transport, httpx.BaseTransport):
    """Signs what goes to one origin through another transport, each time it goes; everything else passes unsigned."""

    library = httpx

    def __init__(self, signer: OriginSigner, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(signer, transport or httpx.HTTPTransport())


class AsyncSigningTransport(AsyncTransport, httpx.AsyncBaseTransport):
    """The same for ``AsyncClient``."""

    library = httpx

    def __init__(self, signer: OriginSigner, transport: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(signer, transport or httpx.AsyncHTTPTransport())
