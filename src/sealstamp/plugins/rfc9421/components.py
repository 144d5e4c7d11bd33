"""Component identifiers, and how each is read off a request (RFC 9421, section 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from sealstamp.core.encoding import percent_decode, percent_encode
from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError
from sealstamp.plugins.rfc9421.fields import Getter, binary_wrapped, dictionary_member, plain, strict
from sealstamp.plugins.structured import Bare, Item, write_item

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_DEFAULT_PORTS: Final = {b"http": b":80", b"https": b":443"}

Identity = tuple[str, frozenset[tuple[str, Bare]]]
"""A name and its parameters, whose order does not matter: no component may be covered twice."""


class Component(NamedTuple):
    """A covered component: how it is written, what it is, and how it is read."""

    text: str
    identity: Identity
    get: Getter

    @property
    def name(self) -> str:
        """The name without parameters."""
        return self.identity[0]


def component_of(item: Item, types: Mapping[str, str]) -> Component:
    """Return the component that an item of a list of covered components names.

    ``types`` are structured fields by name. Raises MalformedCredentialsError.
    """
    name, parameters = item
    if type(name) is not str:
        raise MalformedCredentialsError("a covered component is not named by a string")
    get = _derived(name, parameters) if name.startswith("@") else _field(name, parameters, types)
    return Component(write_item(item), identity_of(item), get)


def identity_of(item: Item) -> Identity:
    """Return what two identifiers of one component have in common."""
    return str(item.value), frozenset(item.parameters.items())


# derived from the request line and the Host


def _method(request: Request) -> bytes:
    return request.method


def _target_uri(request: Request) -> bytes:
    return b"%b://%b%b" % (request.scheme.lower(), _named(request.authority), request.target)


def _authority(request: Request) -> bytes:
    """Host and port in lower case, without the scheme's own port (section 2.2.3)."""
    authority = _named(request.authority).lower()
    port = authority.find(b":") >= 0 and _DEFAULT_PORTS.get(request.scheme.lower())
    return authority.removesuffix(port) if port else authority


def _named(authority: bytes) -> bytes:
    if not authority:
        raise MalformedCredentialsError("the request names no host")
    return authority


_DERIVED: Final[Mapping[str, Getter]] = MappingProxyType(
    {
        "@method": attrgetter("method"),
        "@target-uri": _target_uri,
        "@authority": _authority,
        "@scheme": lambda request: request.scheme.lower(),
        "@request-target": attrgetter("target"),
        "@path": lambda request: request.path or b"/",
        "@query": lambda request: b"?" + request.query,
    }
)


def _derived(name: str, parameters: Mapping[str, Bare]) -> Getter:
    if name == "@query-param" and parameters.keys() == {"name"} and type(parameters["name"]) is str:
        return _query_parameter(parameters["name"])
    if name in _DERIVED and not parameters:
        return _DERIVED[name]
    if name == "@status" or "req" in parameters:
        raise MalformedCredentialsError(f"{name} with these parameters is for responses")
    raise MalformedCredentialsError(f"there is no component {name} with these parameters")


def _query_parameter(name: str) -> Getter:
    """Return what reads a query parameter, decoded and encoded anew (section 2.2.8); doubles have no one value."""
    wanted = percent_decode(name.encode())

    def get(request: Request) -> bytes:
        values, doubled = request.query_fields
        if wanted not in values or wanted in doubled:
            problem = "comes more than once" if wanted in doubled else "is not in the request"
            raise MalformedCredentialsError(f"covered, and {problem}: query parameter {name!r}")
        return percent_encode(values[wanted], b"*").replace(b"~", b"%7E")

    return get


# header fields

_FLAGS: Final = frozenset({"sf", "bs", "tr", "req"})


def _field(name: str, parameters: Mapping[str, Bare], types: Mapping[str, str]) -> Getter:
    if not _FIELD_NAME.fullmatch(name):
        raise MalformedCredentialsError("a covered field's name is not one in lower case")
    key = parameters.get("key")
    if not parameters.keys() <= _FLAGS | {"key"} or any(parameters.get(flag, True) is not True for flag in _FLAGS):
        raise MalformedCredentialsError(f"the field {name} is covered with parameters that there are not")
    if "req" in parameters or "tr" in parameters:
        raise MalformedCredentialsError(f"the field {name} is covered as one of a response or a trailer")
    if "bs" in parameters and len(parameters) > 1:
        raise MalformedCredentialsError(f"the field {name} is covered both as bytes and as a structured field")
    if key is not None:
        return _member(name, key)
    if "sf" in parameters:
        return strict(name.encode(), _type_of(name, types))
    return binary_wrapped(name.encode()) if "bs" in parameters else plain(name.encode())


def _member(name: str, key: Bare) -> Getter:
    if type(key) is not str:
        raise MalformedCredentialsError(f"the field {name} is covered by a key that is no string")
    return dictionary_member(name.encode(), key)


def _type_of(name: str, types: Mapping[str, str]) -> str:
    if name not in types:
        raise MalformedCredentialsError(f"nobody has told which structured field {name} is")
    return types[name]
