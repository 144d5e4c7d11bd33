"""Putting values where they travel, and taking computed ones out again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sealstamp.core.encoding import percent_encode, remove_parameters
from sealstamp.core.places import Place, Where
from sealstamp.core.request import Request
from sealstamp.errors import SigningError

Addition = tuple[Place, bytes]
"""A value and its place."""


def place_all(request: Request, additions: Iterable[Addition]) -> Request:
    """Return a copy of ``request`` that carries ``additions``; a header of the same name is replaced.

    Raises SigningError where a body field has no body of its kind to travel in.
    """
    headers = list(request.headers)
    target, body = request.target, request.body
    for place, value in additions:
        match place.where:
            case Where.HEADER:
                headers = [line for line in headers if line[0] != place.key] + [(place.key, value)]
            case Where.QUERY:
                target += (b"&" if b"?" in target else b"?") + _pair(place, value)
            case Where.FORM:
                body = b"&".join(filter(None, (body, _pair(place, value))))
            case Where.JSON:
                body = _with_json_field(body, place, value)
    return Request(request.method, target, headers, scheme=request.scheme, authority=request.authority, body=body)


def _pair(place: Place, value: bytes) -> bytes:
    return percent_encode(place.key) + b"=" + percent_encode(value)


def _with_json_field(body: bytes | None, place: Place, value: bytes) -> bytes:
    try:
        fields: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise SigningError("the scheme carries fields in a JSON body, and the body is not JSON") from None
    if not isinstance(fields, dict):
        raise SigningError("the scheme carries fields in a JSON body, and the body is not an object")
    text = json.dumps({**fields, place.name: value.decode()}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")  # JSON can hold a lone surrogate, written as this writes it


def request_without(request: Request, names: frozenset[bytes]) -> Request:
    """Return ``request`` as it was before the query parameters ``names`` were added: what their maker signed."""
    query = remove_parameters(request.query, names)
    target = request.path + b"?" + query if query else request.path
    return Request(
        request.method, target, request.headers, scheme=request.scheme, authority=request.authority, body=request.body
    )
