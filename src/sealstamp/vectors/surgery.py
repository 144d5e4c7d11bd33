"""Changing single things of a request as it is on the wire, all else untouched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sealstamp.core.encoding import percent_encode, remove_parameters
from sealstamp.core.places import IN_BODY, Place, Where
from sealstamp.core.request import Request
from sealstamp.core.xmlfields import read_xml

Pairs = list[tuple[bytes, bytes]]


def rebuilt(
    request: Request,
    *,
    method: bytes | None = None,
    target: bytes | None = None,
    headers: Pairs | None = None,
    body: bytes | None = None,
) -> Request:
    """Return a copy with some parts changed; a Content-Length that was right before is right again."""
    lines = list(request.headers) if headers is None else headers
    if body is not None and len(body) != len(request.body or b""):
        lines = [(name, b"%d" % len(body) if name == b"content-length" else value) for name, value in lines]
    return Request(
        request.method if method is None else method,
        request.target if target is None else target,
        lines,
        scheme=request.scheme,
        body=request.body if body is None else body,
    )


def with_query(request: Request, query: bytes) -> Request:
    """Return a copy with another raw query."""
    return rebuilt(request, target=request.path + (b"?" + query if query else b""))


def with_header(request: Request, name: bytes, value: bytes) -> Request:
    """Return a copy with one more field line at the end."""
    return rebuilt(request, headers=[*request.headers, (name, value)])


def value_at(request: Request, place: Place) -> bytes:
    """Return what stands at a place, decoded; empty if nothing does."""
    fields = {
        Where.HEADER: lambda: request.header_fields[0],
        Where.QUERY: lambda: request.query_fields[0],
        Where.FORM: lambda: request.form_fields[0],
        Where.JSON: lambda: request.json_fields[0],
        Where.XML: lambda: request.xml_fields[0],
    }
    return fields[place.where]().get(place.key, b"")


def replaced(request: Request, place: Place, value: bytes, *, raw: bool = False) -> Request:
    """Return a copy with another value at a place, where it stood; a ``raw`` one is not percent-encoded."""
    if place.where is Where.HEADER:
        return rebuilt(request, headers=_each(list(request.headers), place.key, lambda _: [(place.key, value)]))
    if place.where is Where.XML:
        return _with_elements(request, [(k, value if k == place.key else v) for k, v in _elements(request)])
    if place.where is Where.JSON:
        fields = {**_json(request), place.name: value.decode("utf-8", "backslashreplace")}
        return rebuilt(request, body=_dump(fields))
    pair = percent_encode(place.key) + b"=" + (value if raw else percent_encode(value))
    return _on_pairs(request, place, lambda _: [pair])


def removed(request: Request, place: Place) -> Request:
    """Return a copy with nothing at a place."""
    if place.where is Where.HEADER:
        return rebuilt(request, headers=_each(list(request.headers), place.key, lambda _: []))
    if place.where is Where.XML:
        return _with_elements(request, [field for field in _elements(request) if field[0] != place.key])
    if place.where is Where.JSON:
        return rebuilt(request, body=_dump({k: v for k, v in _json(request).items() if k != place.name}))
    return _on_pairs(request, place, lambda _: [])


def doubled(request: Request, place: Place) -> Request:
    """Return a copy with what stands at a place there twice."""
    if place.where is Where.HEADER:
        return rebuilt(request, headers=_each(list(request.headers), place.key, lambda line: [line, line]))
    if place.where is Where.XML:
        again = [field for field in _elements(request) if field[0] == place.key]
        return _with_elements(request, [*_elements(request), *again])
    if place.where is Where.JSON:
        first = _dump({place.name: _json(request)[place.name]})
        return rebuilt(request, body=first[:-1] + b"," + (request.body or b"").lstrip()[1:])
    return _on_pairs(request, place, lambda piece: [piece, piece])


def added(request: Request, place: Place, value: bytes) -> Request:
    """Return a copy with a value at a place where nothing stands."""
    if place.where is Where.HEADER:
        return with_header(request, place.key, value)
    if place.where is Where.XML:
        return _with_elements(request, [*_elements(request), (place.key, value)])
    if place.where is Where.JSON:
        return rebuilt(request, body=_dump({**_json(request), place.name: value.decode()}))
    pair = percent_encode(place.key) + b"=" + percent_encode(value)
    if place.where is Where.QUERY:
        return with_query(request, b"&".join(filter(None, (request.query, pair))))
    return rebuilt(request, body=b"&".join(filter(None, (request.body, pair))))


def _each(lines: Pairs, name: bytes, change: Callable[[tuple[bytes, bytes]], Pairs]) -> Pairs:
    return [new for line in lines for new in (change(line) if line[0] == name else [line])]


def _on_pairs(request: Request, place: Place, change: Callable[[bytes], list[bytes]]) -> Request:
    text = (request.body or b"") if place.where in IN_BODY else request.query
    names = frozenset({place.key})
    pieces = [
        new for piece in text.split(b"&") for new in ([piece] if remove_parameters(piece, names) else change(piece))
    ]
    changed = b"&".join(pieces)
    return rebuilt(request, body=changed) if place.where in IN_BODY else with_query(request, changed)


def _elements(request: Request) -> Pairs:
    return read_xml(request.body or b"")


def _with_elements(request: Request, fields: Pairs) -> Request:
    body = b"".join([b"<%b><![CDATA[%b]]></%b>" % (name, value, name) for name, value in fields])
    return rebuilt(request, body=b"<xml>" + body + b"</xml>")


def _json(request: Request) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(request.body or b"{}")
    return fields


def _dump(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
