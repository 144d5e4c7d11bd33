"""One call of the management API, as it is wanted, before it is signed and sent."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from sealstamp.resources.common import Given, encode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """A method, a target with its query, a body, the headers that are acted upon, and the type of the answer.

    ``may_repeat`` tells that sending it twice does what sending it once does.
    """

    method: str
    target: str
    gives: type[T]
    body: bytes
    headers: dict[str, str]
    may_repeat: bool


def get(path: str, gives: type[T], query: Given | None = None, **more: Any) -> Wanted[T]:
    """Return a call that reads."""
    return Wanted("GET", path + _query(query, more), gives, b"", {}, may_repeat=True)


def ask(path: str, gives: type[T], body: Given) -> Wanted[T]:
    """Return a call that sends a question, and changes nothing that could be changed twice."""
    return Wanted("POST", path, gives, encode(body), {"content-type": "application/json"}, may_repeat=False)


def write(
    method: str, path: str, gives: type[T], body: Given | None = None, *, version: int | str | None = None
) -> Wanted[T]:
    """Return a call that changes something, once however often it is sent.

    ``version`` is that which is to be changed, or ``*`` for any.
    """
    headers = {"idempotency-key": secrets.token_hex(16)}
    if body is not None:
        headers["content-type"] = "application/json"
    if version is not None:
        headers["if-match"] = version if isinstance(version, str) else f'"{version}"'
    return Wanted(method, path, gives, b"" if body is None else encode(body), headers, may_repeat=True)


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")


def _query(query: Given | None, more: dict[str, Any]) -> str:
    """Return the query, sorted as it is signed, with a question mark; or nothing."""
    fields = {} if query is None else msgspec.structs.asdict(query)
    given = {name: value for name, value in {**fields, **more}.items() if value is not None}
    pairs = sorted((name, _text(value)) for name, value in given.items())
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
