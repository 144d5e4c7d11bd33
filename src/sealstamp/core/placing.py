"""Putting values where they travel, and taking computed ones out again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sealstamp.core.encoding import remove_parameters, set_parameter
from sealstamp.core.places import Place, Where
from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError, SigningError

Addition = tuple[Place, bytes]
"""A value and its place."""


def place_all(request: Request, additions: Iterable[Addition]) -> Request:
    """Return a copy of ``request`` that carries ``additions``; what is there already under that name is replaced.

    A query or form parameter keeps its position, and its spelling if it has that value already.

    Raises SigningError where a body field has no body of its kind to travel in.
    """
    headers = list(request.headers)
    target, body = request.target, request.body
    for place, value in additions:
        match place.where:
            case Where.HEADER:
                headers = [line for line in headers if line[0] != place.key] + [(place.key, value)]
            case Where.QUERY:
                path, _, query = target.partition(b"?")
                target = path + b"?" + set_parameter(query, place.key, value)
            case Where.FORM:
                body = set_parameter(body or b"", place.key, value)
            case Where.JSON:
                body = _with_json_field(body, place, value)
            case Where.XML:
                body = _with_xml_field(body, place, value)
    return Request(request.method, target, headers, scheme=request.scheme, authority=request.authority, body=body)


def _with_xml_field(body: bytes | None, place: Place, value: bytes) -> bytes:
    from sealstamp.core.xmlfields import set_xml_field  # see Request.xml_fields

    try:
        return set_xml_field(body or b"<xml></xml>", place.key, value)
    except MalformedCredentialsError as error:
        raise SigningError(f"the scheme carries fields in an XML body: {error}") from None
    except ValueError:
        raise SigningError(f"the value of {place} cannot be written in XML") from None


def _with_json_field(body: bytes | None, place: Place, value: bytes) -> bytes:
    try:
        fields: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise SigningError("the scheme carries fields in a JSON body, and the body is not JSON") from None
    if not isinstance(fields, dict):
        raise SigningError("the scheme carries fields in a JSON body, and the body is not an object")
    if body and (fields.get(place.name) == value.decode() or _is_number(fields.get(place.name), value)):
        return body
    text = json.dumps({**fields, place.name: value.decode()}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")  # JSON can hold a lone surrogate, written as this writes it


def _is_number(there: object, value: bytes) -> bool:
    return type(there) is int and str(there).encode() == value


def request_without(request: Request, names: frozenset[bytes]) -> Request:
    """Return ``request`` as it was before the query parameters ``names`` were added: what their maker signed."""
    query = remove_parameters(request.query, names)
    target = request.path + b"?" + query if query else request.path
    return Request(
        request.method, target, request.headers, scheme=request.scheme, authority=request.authority, body=request.body
    )
