"""Signing with HTTPie: ``http --auth-type=sealstamp --auth=PROFILE …``; HTTPie finds this by its entry point."""

from __future__ import annotations

from typing import Any

from httpie.plugins import AuthPlugin
from requests import PreparedRequest
from requests.auth import AuthBase

from sealstamp.signing.requests import SigningAuth
from sealstamp.signing.signer import OriginSigner


class SealstampPlugin(AuthPlugin):  # type: ignore[misc]  # HTTPie tells no types
    """Takes the name of a profile for ``--auth``; without one, the environment's pair, or the profile ``default``."""

    name = "Sealstamp"
    description = "Sign with the access key of a profile: --auth=PROFILE"
    auth_type = "sealstamp"
    auth_require = False
    auth_parse = False

    def get_auth(self, username: str | None = None, password: str | None = None) -> Any:
        """Return what signs the request."""
        return _ProfileAuth(self.raw_auth or None)


class _ProfileAuth(AuthBase):
    """Signs for the profile's server; where nobody tells of one, for that of the URL."""

    def __init__(self, profile: str | None) -> None:
        self._profile = profile

    def __call__(self, request: PreparedRequest) -> Any:
        return SigningAuth(OriginSigner.find(profile=self._profile, fallback=request.url))(request)
