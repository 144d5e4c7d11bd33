"""An origin (RFC 6454): scheme, host and port. Credentials are for one, and go to no other."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError

PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Origin(Record):
    """Whom requests are signed for. ``host`` is in lower case, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Read the origin of a URL, whatever its path. Raises ConfigurationError for what is no http(s) URL."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in PORTS:
            raise ConfigurationError("origin", "it is not the URL of a service", "write https://host or http://host")
        return cls(parts.scheme, host, PORTS[parts.scheme] if port is None else port)

    def is_of(self, scheme: str, host: str, port: int | None) -> bool:
        """Tell whether a URL with these parts is of this origin; ``port`` is None where the URL has none."""
        if scheme != self.scheme or host.lower().strip("[]") != self.host:
            return False
        return self.port == (PORTS.get(scheme) if port is None else port)

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can change what is answered: TLS, or this machine."""
        return self.scheme == "https" or self.host in _LOOPBACK

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"
