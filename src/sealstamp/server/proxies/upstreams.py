"""Where a proxy passes requests on, and how it knows that it is there, if that speaks TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from sealstamp.errors import ConfigurationError
from sealstamp.keys.domain import Api
from sealstamp.keys.rules import check_upstream, is_host
from sealstamp.server.proxies.templates import Lists, Values

_DEBIANS_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9._~/:@+-]*")
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Upstream:
    """An origin. ``name`` is what its certificate has to be for, and ``authorities`` a file with those who may say so.

    Both are empty without TLS; without ``authorities`` they are the system's.
    """

    scheme: str
    host: str
    port: int
    name: str = ""
    authorities: str = ""

    @property
    def values(self) -> Values:
        """What stands in a configuration once."""
        authority = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return {
            "upstream": authority,
            "upstream_url": f"{self.scheme}://{authority}",
            "upstream_host": self.host,
            "upstream_port": str(self.port),
            "upstream_name": self.name,
            "upstream_ca": self.authorities or _DEBIANS_AUTHORITIES,
        }

    @property
    def lists(self) -> Lists:
        """What stands there with TLS alone, without it, and for authorities other than the system's."""
        return {
            "tls": [{}] if self.name else [],
            "plain": [] if self.name else [{}],
            "own_ca": [{}] if self.authorities else [],
        }


def upstream_of(api: Api, origin: str | None, name: str | None, authorities: str | None) -> Upstream:
    """Return an API's upstream, or that at another ``origin``. Raises ConfigurationError.

    ``name`` is what its certificate is for, if not the origin's host; ``authorities`` the path of a file in PEM.
    """
    origin = check_upstream("--upstream", origin) if origin else api.upstream
    if origin is None:
        hint = "give --upstream, such as http://127.0.0.1:9000"
        raise ConfigurationError(f"API {api.name}", "it has no upstream", hint)
    parts = urlsplit(origin)
    host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
    if parts.scheme == "https":
        return Upstream(parts.scheme, host, port, _name(host, name), _path(authorities))
    if name or authorities:
        hint = "give --upstream with https://, or leave --upstream-name and --upstream-ca out"
        raise ConfigurationError(f"API {api.name}", "its upstream speaks no TLS, and has no certificate", hint)
    return Upstream(parts.scheme, host, port)


def _name(host: str, given: str | None) -> str:
    name = given or host
    if not is_host(name) or _is_address(name):
        hint = "give --upstream-name, a host name in the upstream's certificate"
        raise ConfigurationError("--upstream", f"{name} is no name that a proxy could find in a certificate", hint)
    return name


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def _path(given: str | None) -> str:
    if given is None:
        return ""
    if _PLAIN_PATH.fullmatch(given) is None:
        hint = "give an absolute path of letters, digits and . _ ~ : @ + - alone"
        raise ConfigurationError("--upstream-ca", "the path means something else in the languages of proxies", hint)
    return given
