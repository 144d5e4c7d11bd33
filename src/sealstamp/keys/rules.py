"""What a name, a host, a path prefix, an upstream, an access key id and a secret may be.

Each check returns the value, or raises ConfigurationError with the ``place`` it was given. No message repeats what
could be a secret put in the wrong place.
"""

from __future__ import annotations

import re
from typing import Final

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError

LONGEST_ACCESS_KEY_ID: Final = 256
LONGEST_SECRET: Final = 4096
LATEST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_IPV6_HOST = re.compile(r"\[[0-9a-f:.]+\]")
_PREFIX = re.compile(r"/|(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+")  # RFC 3986, section 3.3, without percent-encoding
_UPSTREAM_SCHEMES: Final = ("http", "https")


def check_name(place: str, name: str) -> str:
    """Check the name of an API or a consumer: 1 to 128 letters, digits and ``. _ @ + -``."""
    if _NAME.fullmatch(name) is None:
        hint = "use 1 to 128 letters, digits and . _ @ + -, and start with a letter or a digit"
        raise ConfigurationError(place, f"{name!r} cannot be a name", hint)
    return name


def check_host(place: str, host: str) -> str:
    """Check a lower-case host name or address without a port, or ``*`` for any host."""
    if host == "*" or is_host(host):
        return host
    problem = f"{host!r} is not a host"
    raise ConfigurationError(place, problem, "write a lower-case host name without a port, or * for any")


def check_path_prefix(place: str, prefix: str) -> str:
    """Check a path of whole segments, such as ``/orders/v2``, or ``/`` for all."""
    if _PREFIX.fullmatch(prefix) and not {".", ".."} & set(prefix.split("/")):
        return prefix
    hint = "write whole segments such as /orders/v2, with no slash at the end, no query and no percent-encoding"
    raise ConfigurationError(place, f"{prefix!r} is not a path prefix", hint)


def check_upstream(place: str, upstream: str) -> str:
    """Check an origin such as ``http://127.0.0.1:9000``."""
    if is_origin(upstream):
        return upstream
    hint = "write an origin such as http://127.0.0.1:9000, with no user, path, query or slash at the end"
    raise ConfigurationError(place, "the upstream is not an http or https origin", hint)


def is_origin(text: str) -> bool:
    """Tell whether ``text`` is an http or https origin: scheme and authority, and nothing more."""
    from urllib.parse import urlsplit  # slow to import, and only upstreams need it

    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc if port is None else parts.netloc.removesuffix(f":{port}")
    is_bare = text == f"{parts.scheme}://{parts.netloc}"
    return is_bare and parts.scheme in _UPSTREAM_SCHEMES and port != 0 and is_host(host)


def is_host(text: str) -> bool:
    """Tell whether ``text`` is a lower-case host name or address without a port."""
    return _HOST.fullmatch(text) is not None or _IPV6_HOST.fullmatch(text) is not None


def is_access_key_id(text: str) -> bool:
    """Tell whether ``text`` can be an access key id: 1 to 256 visible ASCII characters, no spaces."""
    return len(text) <= LONGEST_ACCESS_KEY_ID and _VISIBLE_ASCII.fullmatch(text) is not None


def check_access_key_id(place: str, access_key_id: str) -> str:
    """Check an access key id: 1 to 256 visible ASCII characters, no spaces."""
    if is_access_key_id(access_key_id):
        return access_key_id
    problem = f"an access key id of {len(access_key_id)} characters is too long, empty, or not visible ASCII"
    hint = f"use 1 to {LONGEST_ACCESS_KEY_ID} visible ASCII characters without spaces"
    raise ConfigurationError(place, problem, hint)


def check_secret(place: str, secret: Secret) -> Secret:
    """Check a secret's length: 1 to 4096 bytes."""
    length = len(secret.reveal())
    if 1 <= length <= LONGEST_SECRET:
        return secret
    raise ConfigurationError(place, f"the secret has {length} bytes", f"a secret has 1 to {LONGEST_SECRET} bytes")


def check_expiry_ms(place: str, at_ms: int | None) -> int | None:
    """Check a time in Unix milliseconds, from 1970 to 9999, or None for no end."""
    if at_ms is None or 0 <= at_ms <= LATEST_MS:
        return at_ms
    raise ConfigurationError(place, "the time is not between 1970 and 9999", "give Unix time in milliseconds")
