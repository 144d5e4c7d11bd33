"""The URLs of Valkey: one server, Sentinels that know which one it is, or a cluster.

::

    valkey://user:password@host:6379/0
    valkey+sentinel://user:password@host:26379,host:26379/service/0?sentinel_password=…
    valkey+cluster://user:password@host:6379,host:6379

``valkeys`` is TLS; then ``ca_file``, ``cert_file`` and ``key_file`` may follow the question mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, unquote

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError

PLACE: Final = "Valkey URL"
_HINT: Final = (
    "write valkey://user:password@host:6379/0, valkey+sentinel://host:26379,host:26379/service"
    " or valkey+cluster://host:6379,host:6379; valkeys for TLS; other signs than letters and digits as %40"
)
_SCHEME = re.compile(r"(?:valkey|redis)(s?)(?:\+(sentinel|cluster))?")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
_FILES: Final = ("ca_file", "cert_file", "key_file")
_PARAMETERS: Final = frozenset([*_FILES, "sentinel_username", "sentinel_password"])


class Kind(StrEnum):
    """How the server is found that takes the writes."""

    SINGLE = "single"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class ValkeyUrl:
    """``hosts`` are the server, the Sentinels or some of the cluster; ``service`` is what the Sentinels call it."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...]
    tls: bool = False
    username: str | None = None
    password: Secret | None = None
    database: int = 0
    service: str = ""
    sentinel_username: str | None = None
    sentinel_password: Secret | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Show where it leads, without user and password."""
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        kind = "" if self.kind is Kind.SINGLE else f"+{self.kind}"
        path = "/".join(["", *filter(None, [self.service, str(self.database or "")])])
        return f"valkey{'s' if self.tls else ''}{kind}://{hosts}{path}"


def parse_valkey_url(text: str) -> ValkeyUrl:
    """Read a URL. Raises ConfigurationError, which shows nothing of it: anything could be a part of a password."""
    scheme, slashes, rest = text.partition("://")
    found = _SCHEME.fullmatch(scheme)
    if found is None or not slashes:
        raise ConfigurationError(PLACE, "it is not one of Valkey's", _HINT)
    kind = Kind(found[2] or Kind.SINGLE)
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    username, colon, password = user.partition(":")
    parameters = _parameters(query)
    files = _files(parameters, tls=bool(found[1]))
    service, database = _path(kind, path)
    return ValkeyUrl(
        kind,
        tuple(_host(host, 26_379 if kind is Kind.SENTINEL else 6_379) for host in _hosts(kind, hosts)),
        tls=bool(found[1]),
        username=unquote(username) if at and username else None,
        password=Secret(unquote(password).encode()) if colon else None,
        database=database,
        service=service,
        sentinel_username=parameters.get("sentinel_username"),
        sentinel_password=_secret(parameters.get("sentinel_password")),
        files=files,
    )


def shown_valkey_url(text: str) -> str:
    """Return ``text`` without user and password; of one that cannot be read, nothing."""
    try:
        return str(parse_valkey_url(text)) if text else ""
    except ConfigurationError:
        return "***"


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text.encode())


def _parameters(query: str) -> dict[str, str]:
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(parameters.keys() - _PARAMETERS):
        problem = f"it has {len(unknown)} parameters that are not known"
        raise ConfigurationError(PLACE, problem, f"known are: {', '.join(sorted(_PARAMETERS))}")
    return parameters


def _files(parameters: Mapping[str, str], *, tls: bool) -> dict[str, str]:
    files = {name: parameters[name] for name in _FILES if name in parameters}
    if files and not tls:
        raise ConfigurationError(PLACE, f"it gives {', '.join(files)}, but does not ask for TLS", "write valkeys://…")
    if "key_file" in files and "cert_file" not in files:
        raise ConfigurationError(PLACE, "it gives key_file without cert_file", "give both, or one file as cert_file")
    return files


def _path(kind: Kind, path: str) -> tuple[str, int]:
    """Return the service's name and the database's number."""
    words = path.split("/") if path else []
    service = ""
    if kind is Kind.SENTINEL:
        if not words or not words[0]:
            raise ConfigurationError(PLACE, "it does not say what the Sentinels call the service", _HINT)
        service = unquote(words.pop(0))
    if len(words) > 1 or any(re.fullmatch("[0-9]{0,4}", word) is None for word in words):
        raise ConfigurationError(PLACE, "what follows the hosts is not the number of a database", _HINT)
    database = int(words[0] or 0) if words else 0
    if database and kind is Kind.CLUSTER:
        raise ConfigurationError(PLACE, "a cluster has one database", "leave its number out")
    return service, database


def _hosts(kind: Kind, hosts: str) -> list[str]:
    each = hosts.split(",")
    if kind is Kind.SINGLE and len(each) > 1:
        raise ConfigurationError(PLACE, "it names several servers", "say +sentinel or +cluster, or name one")
    return each


def _host(text: str, port: int) -> tuple[str, int]:
    found = _HOST.fullmatch(text)
    if found is None or not 0 < int(found[2] or port) < 65_536:
        raise ConfigurationError(PLACE, "it does not name hosts and ports", _HINT)
    return found[1].strip("[]"), int(found[2] or port)
