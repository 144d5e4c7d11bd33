"""Signing with requests.

::

    signer = OriginSigner("https://api.example.com", "bbx", credential)
    requests.get("https://api.example.com/orders", auth=SigningAuth(signer))
    session.mount("https://api.example.com", SigningAdapter(signer))  # signs redirects and retries too
"""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import parse_url

from sealstamp.signing.prepared import PreparedAuth
from sealstamp.signing.signer import OriginSigner
from sealstamp.signing.urllib3 import SigningPoolManager, sign_pools


class SigningAuth(PreparedAuth, AuthBase):
    """Signs requests to one origin, for ``auth``; refuses to sign for another, with SigningError.

    Retries of an adapter send what was signed once more; ``SigningAdapter`` signs them anew.
    """

    _parse_url = staticmethod(parse_url)


class SigningAdapter(HTTPAdapter):
    """Signs what goes to one origin, each time it goes; everything else passes unsigned."""

    def __init__(self, signer: OriginSigner, **settings: Any) -> None:
        self._signer = signer
        super().__init__(**settings)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **settings: Any) -> None:
        """Make the pools that sign."""
        super().init_poolmanager(connections, maxsize, block, **settings)
        self.poolmanager = SigningPoolManager(
            self._signer, num_pools=connections, maxsize=maxsize, block=block, **settings
        )

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Return pools that sign and go through a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **settings)
        if not known:
            sign_pools(manager, self._signer)
        return manager
