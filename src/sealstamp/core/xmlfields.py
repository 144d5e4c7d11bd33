"""Flat XML, ``<xml><name>value</name>…</xml>``: its names and values, read strictly and in linear time.

It is much less than XML. What parsers expand, or read in more than one way, is refused: a DOCTYPE, attributes,
comments, processing instructions, character references, elements inside elements, a name that comes twice.
"""

from __future__ import annotations

import re
from typing import Final

from sealstamp.core.encoding import MAX_PARAMETERS
from sealstamp.errors import MalformedCredentialsError

MAX_XML: Final = 1 << 20
"""A document of more bytes than this is refused."""

FieldList = list[tuple[bytes, bytes]]

_NAME: Final = rb"[A-Za-z_][A-Za-z0-9_.-]*+"
_CHARACTER: Final = rb"[^\x00-\x08\x0b-\x1f\x7f%b]"  # no carriage return either: parsers make a line feed of it
_ENTITIES: Final = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_ENTITY: Final = rb"&(?:" + b"|".join(_ENTITIES) + rb");"
_CDATA: Final = rb"<!\[CDATA\[(?:(?!\]\]>)" + _CHARACTER % b"" + rb")*+\]\]>"
_PIECE: Final = rb"(?:" + _CHARACTER % b"<&" + rb")++|" + _ENTITY + rb"|" + _CDATA
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_BEGIN: Final = re.compile(
    rb'(?:<\?xml version="1\.0"(?: encoding="(?i:utf-8)")?(?: standalone="(?:yes|no)")? ?\?>)?[ \t\r\n]*+<xml>'
)
_ELEMENT: Final = re.compile(rb"<(" + _NAME + rb")(?:/>|>((?:" + _PIECE + rb")*+)</\1>)")
_END: Final = re.compile(rb"</xml>[ \t\r\n]*+\Z")
_PIECES: Final = re.compile(_PIECE)
ELEMENT_NAME: Final = re.compile(_NAME.decode())
"""What an element may be called here."""


def read_xml(body: bytes) -> FieldList:
    """Return names and values in order. Raises MalformedCredentialsError."""
    elements, _ = _scan(body)
    return [(name, value) for name, value, _, _ in elements]


def set_xml_field(body: bytes, name: bytes, value: bytes) -> bytes:
    """Return the document with one field set: where it stands already, else at the end, all else untouched.

    Raises MalformedCredentialsError for a body that is no such document, ValueError for a value that cannot be in one.
    """
    elements, end = _scan(body)
    for there, text, start, stop in elements:
        if there == name:
            return body if text == value else body[:start] + write_element(name, value) + body[stop:]
    return body[:end] + write_element(name, value) + body[end:]


def write_element(name: bytes, value: bytes) -> bytes:
    """Return one field as an element. Raises ValueError for a value that cannot be in one."""
    value.decode("utf-8")
    written = value.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    element = b"<%b>%b</%b>" % (name, written, name)
    if not _ELEMENT.fullmatch(element):
        raise ValueError("control characters cannot be in XML")
    return element


def _scan(body: bytes) -> tuple[list[tuple[bytes, bytes, int, int]], int]:
    """Return name, value, begin and end of every element, and where the last one ends."""
    begin = _BEGIN.match(body) if len(body) <= MAX_XML and _is_utf8(body) else None
    if begin is None:
        raise MalformedCredentialsError("the body is not the XML that the scheme reads")
    elements, end = [], begin.end()
    position = _after_space(body, end)
    while element := _ELEMENT.match(body, position):
        end = element.end()
        elements.append((element[1], _text(element[2] or b""), position, end))
        position = _after_space(body, end)
    if not _END.match(body, position):
        raise MalformedCredentialsError("the body is not the XML that the scheme reads")
    if len(elements) > MAX_PARAMETERS or len({name for name, *_ in elements}) != len(elements):
        raise MalformedCredentialsError("a field of the XML came more than once, or there are too many")
    return elements, end


def _after_space(body: bytes, position: int) -> int:
    space = _SPACE.match(body, position)
    return space.end() if space else position


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(content: bytes) -> bytes:
    """Return the value that an element's content stands for."""
    return b"".join(map(_piece, _PIECES.findall(content))) if b"&" in content or b"<" in content else _piece(content)


def _piece(piece: bytes) -> bytes:
    if piece.startswith(b"<![CDATA["):
        return piece[9:-3]
    if piece.startswith(b"&"):
        return _ENTITIES[piece[1:-1]]
    if b"]]>" in piece:
        raise MalformedCredentialsError("the body is not the XML that the scheme reads")
    return piece
