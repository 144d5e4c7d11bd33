"""Signing with niquests.

::

    niquests.get(url, auth=SigningAuth(OriginSigner("https://api.example.com", "bbx", credential)))
"""

from __future__ import annotations

from niquests.auth import AuthBase
from niquests.packages.urllib3.util import parse_url

from sealstamp.signing.prepared import PreparedAuth


class SigningAuth(PreparedAuth, AuthBase):  # type: ignore[misc]  # niquests is not there to be checked against
    """Signs requests to one origin, for ``auth``; refuses to sign for another, with SigningError."""

    _parse_url = staticmethod(parse_url)
