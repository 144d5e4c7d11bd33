"""Writes what can be computed with less work where a request is as most are; the long way stands beside it.

Of headers none came twice; a query needs no encoding. The short way gives what the long one gives, or is not taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sealstamp.core.filters import FILTERS, Kind
from sealstamp.core.places import Where
from sealstamp.core.planning import PICKED, VALUES, header_lines, undoubled
from sealstamp.core.tree import Apply, Atom, Part

if TYPE_CHECKING:
    from sealstamp.core.expressions import Expressions


def shortcut(writer: Expressions, node: Apply) -> str:
    """Return code that may take a short way; nothing where there is none."""
    usual = undoubled(node)
    if usual is not None and FILTERS[node.filter].gives is Kind.TEXT:
        code = _header_lines(writer, usual) or _single(writer, usual) or writer.filtered(usual)
        return f"({code} if not request.header_fields[1] else {writer.filtered(node)})"
    return _single(writer, node)


def _single(writer: Expressions, node: Apply) -> str:
    match node:
        case Apply(filter="only", source=source) if source == PICKED:
            return _from_request(writer, "pick_headers", Where.HEADER, node)
        case Apply("join", Apply("sort", Apply("encode_each", Atom(Part.QUERY_FIELDS))), (_, _)):
            return _from_request(writer, "sorted_query", Where.QUERY, node)
        case Apply(filter="encode_each", source=Atom(part=Part.QUERY_FIELDS)):
            return _from_request(writer, "encoded_query", Where.QUERY, node)
        case _:
            return ""


def _from_request(writer: Expressions, function: str, where: Where, node: Apply) -> str:
    """Call a function of the request, what it leaves out, and the node's arguments."""
    arguments = ", ".join(["request", writer.constant(writer.stripped[where]), *map(writer.value, node.arguments)])
    return f"{function}({arguments})"


def _header_lines(writer: Expressions, node: Apply) -> str:
    """Write ``{headers|only:…|squeeze|join:…}`` as one loop, where that is what it is, and no header came twice."""
    if (found := header_lines(node)) is None:
        return ""
    (only, filters), (between, *after) = found, map(writer.value, node.arguments)
    listed, separator = map(writer.value, only.arguments)
    value, without = "h[name]", writer.stripped[Where.HEADER]
    for name in filters:
        value = VALUES[name].format(value=value)
    seen = f"name in h and name not in {writer.constant(without)}" if without else "name in h"
    writer.lines.append("h = request.header_fields[0]")
    lines = f"[name + {between} + {value} for name in {listed}.split({separator}) if {seen}]"
    return f"join_lines({lines}, {', '.join(after)})"
