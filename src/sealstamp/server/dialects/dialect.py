"""What a dialect is: how one kind of proxy describes a request, and which answers it understands.

A dialect has an endpoint of its own. The headers of one mean nothing on another: a client could send those that its
proxy does not overwrite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, cast

from sealstamp.server.answers import Answer

Values = Mapping[bytes, bytes]
"""Header values by name, in lower case; of a doubled header the last."""


class BadDescriptionError(Exception):
    """The proxy does not describe the request, or not in a way that can be trusted; the text says why."""


class Described(NamedTuple):
    """A request as a proxy describes it: the raw target, and None for what it does not tell.

    ``host`` is given where the Host header is not the client's.
    """

    method: bytes
    target: bytes
    scheme: bytes
    host: bytes | None = None


Describe = Callable[[bytes, bytes, Values], Described]
"""From the method and the rest of the target with which the proxy asks, and its headers. Raises BadDescriptionError."""


def as_it_is(answer: Answer) -> Answer:
    """Leave an answer to a proxy that passes every status, header and body on to the client."""
    return answer


@dataclass(frozen=True, slots=True)
class Dialect:
    """``describing`` are the headers that only the proxy may send, so none may come twice.

    ``word`` makes of a refusal one that the proxy understands, and ``allowed`` is the status that lets pass.
    ``takes_rest`` tells whether the client's target stands behind the endpoint's path. ``body`` is empty where the
    proxy has said that there is none, and None where nobody knows.
    """

    name: str
    describing: frozenset[bytes]
    describe: Describe
    word: Callable[[Answer], Answer] = as_it_is
    takes_rest: bool = False
    allowed: int = 204
    body: bytes | None = None


def require(values: Values, *names: bytes) -> list[bytes]:
    """Return the values of headers. Raises BadDescriptionError for one that is missing or empty."""
    found = [*map(values.get, names)]
    if not all(found):
        raise BadDescriptionError(f"the proxy must send {', '.join(spelled(name) for name in names)}")
    return cast("list[bytes]", found)


def spelled(name: bytes) -> str:
    """Write a header's name as people do."""
    return name.decode().title().replace("Uri", "URI")
