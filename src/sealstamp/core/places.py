"""Where a field travels: ``header X-TS``, ``query Timestamp``, ``form sign``, ``json sign``."""

from __future__ import annotations

import re
from enum import StrEnum

from sealstamp.core.encoding import Pairs
from sealstamp.core.record import Record
from sealstamp.core.request import Request

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110, section 5.6.2


class Where(StrEnum):
    """The kinds of place."""

    HEADER = "header"
    QUERY = "query"
    FORM = "form"
    """A field of an ``application/x-www-form-urlencoded`` body."""
    JSON = "json"
    """A field at the top of a JSON object body."""
    XML = "xml"
    """An element of a flat XML body."""


IN_BODY = frozenset({Where.FORM, Where.JSON, Where.XML})


class Place(Record):
    """One place: its kind, and the name there as a signer writes it."""

    where: Where
    name: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read ``header X-TS``. Raises ValueError."""
        where, _, name = text.partition(" ")
        if where not in set(Where) or not name:
            raise ValueError(f"{text!r} is no place; write one of {', '.join(Where)}, a space, and the name there")
        if where == Where.HEADER and not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be a header's name")
        if where == Where.XML and not _is_element_name(name):
            raise ValueError(f"{name!r} cannot be an element's name")
        return cls(Where(where), name)

    @property
    def key(self) -> bytes:
        """The name as it is looked up: header names fold case (RFC 9110, section 5.1), others are exact."""
        return (self.name.lower() if self.where is Where.HEADER else self.name).encode()

    def fields_of(self, request: Request) -> Pairs:
        """Return the request's fields of this kind of place."""
        match self.where:
            case Where.HEADER:
                return request.header_fields
            case Where.QUERY:
                return request.query_fields
            case Where.FORM:
                return request.form_fields
            case Where.JSON:
                return request.json_fields
            case Where.XML:
                return request.xml_fields

    def is_in(self, request: Request) -> bool:
        """Tell whether the request has something here."""
        return self.key in self.fields_of(request)[0]

    def value_in(self, request: Request) -> bytes:
        """Return what the request has here; of two the last, of none nothing."""
        return self.fields_of(request)[0].get(self.key, b"")

    def __str__(self) -> str:
        return f"{self.where} {self.name}"


def _is_element_name(name: str) -> bool:
    from sealstamp.core.xmlfields import ELEMENT_NAME  # see Request.xml_fields

    return ELEMENT_NAME.fullmatch(name) is not None


def other_spellings(header: bytes) -> frozenset[bytes]:
    """Return the header names that CGI, WSGI and PHP take for this one: ``-``, ``_`` and ``.`` exchanged.

    A name with many separators has very many spellings; those that use one separator throughout, or differ from
    the given name in one place, are what is seen in practice.
    """
    marks = [index for index, byte in enumerate(header) if byte in b"-_."]
    uniform = {re.sub(rb"[-_.]", mark, header) for mark in (b"-", b"_", b".")}
    single = {header[:i] + mark + header[i + 1 :] for i in marks for mark in (b"-", b"_", b".")}
    return frozenset((uniform | single) - {header})
