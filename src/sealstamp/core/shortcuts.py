"""Writes what can be computed with less work where a request is as most are; the long way stands beside it.

Of headers none came twice; a path, a query, a form need no encoding. The short way gives what the long one gives, or is
not taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sealstamp.core.familiar import is_in_quotes, make_pair_joiner
from sealstamp.core.filters import FILTERS, Kind
from sealstamp.core.headerlines import HeaderLines
from sealstamp.core.places import Where
from sealstamp.core.planning import PICKED, header_lines, undoubled
from sealstamp.core.tree import Apply, Atom, Expression, Name, Part, Text

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
            return f"({_from_request(writer, 'sorted_query', Where.QUERY, node)} if request.query else b'')"
        case Apply("join", Apply("sort", Apply("encode_each", fields)), (_, _)):
            return _sorted_pairs(writer, node, fields)
        case Apply(filter="encode_each", source=Atom(part=Part.QUERY_FIELDS)):
            return _from_request(writer, "encoded_query", Where.QUERY, node)
        case Apply("percent_encode", Apply("normalise_path", path), (Text("/"),)):
            return f"encoded_path({writer.value(path)})"
        case Apply("percent_encode", pairs, ()) if _are_encoded_pairs(writer, pairs):
            return f"encode_pairs({writer.value(pairs)})"
        case _:
            return ""


def _from_request(writer: Expressions, function: str, where: Where, node: Apply) -> str:
    """Call a function of the request, what it leaves out, and the node's arguments."""
    arguments = ", ".join(["request", writer.constant(writer.stripped[where]), *map(writer.value, node.arguments)])
    return f"{function}({arguments})"


def _header_lines(writer: Expressions, node: Apply) -> str:
    """Write ``{headers|only:…|squeeze|join:…}``, where that is what it is and what stands between is told."""
    found = header_lines(node)
    if found is None:
        return ""
    only, filters = found
    listed, commas = only.arguments
    texts = [text.value.encode() for text in (commas, *node.arguments) if isinstance(text, Text)]
    if len(texts) != 1 + len(node.arguments):
        return ""
    write = HeaderLines(filters, writer.stripped[Where.HEADER], *texts).write
    return f"{writer.constant(write)}(request, {writer.value(listed)})"


def _sorted_pairs(writer: Expressions, node: Apply, fields: Expression) -> str:
    """Write the sorting of pairs that are encoded in the request already, and if they are not the long way after it."""
    sources = [*_sources(writer, fields)]
    if not writer.remembers or None in sources:  # every stage is asked for
        return ""
    texts = [code for kind, code in filter(None, sources) if kind is not Part.PACKED_FIELDS]
    packed = [code for kind, code in filter(None, sources) if kind is Part.PACKED_FIELDS] or ["b''"]
    if len(packed) > 1:
        return ""
    arguments = ", ".join([f"({''.join(f'{text}, ' for text in texts)})", *packed, *map(writer.value, node.arguments)])
    found = writer.keep(f"sorted_pairs({arguments})")
    with writer.only_if(f"{found} is None"):
        writer.lines.append(f"{found} = {writer.filtered(node)}")
    return found


def _are_encoded_pairs(writer: Expressions, node: Expression) -> bool:
    """Tell whether a text is ``a=1&b=2``, encoded as ``percent_encode`` does it."""
    if isinstance(node, Name):
        tree = writer.scheme.definitions.get(node.name)
        return tree is not None and _are_encoded_pairs(writer, tree)
    match node:
        case Apply("join", Apply("sort", Apply("encode_each")) | Apply("encode_each"), (Text("="), Text("&"))):
            return True
        case _:
            return False


def _sources(writer: Expressions, fields: Expression) -> Iterator[tuple[Part, str] | None]:
    """Yield code for the texts that a list comes from, each as it is in the request; None where one cannot be told."""
    match fields:
        case Name(name=name) if name in writer.scheme.definitions:
            yield from _sources(writer, writer.scheme.definitions[name])
        case Apply("plus", first, (second,)):
            yield from _sources(writer, first)
            yield from _sources(writer, second)
        case Atom(part=Part.QUERY_FIELDS) if not writer.stripped[Where.QUERY]:
            yield Part.QUERY_FIELDS, "request.query"
        case Atom(part=Part.FORM_FIELDS) if not writer.stripped[Where.FORM]:
            yield Part.FORM_FIELDS, "form_text(request)"
        case Atom(part=Part.PACKED_FIELDS):
            yield _packed_pairs(writer, ())
        case Apply("drop", Atom(part=Part.PACKED_FIELDS), patterns):
            yield _packed_pairs(writer, patterns)
        case _:
            yield None


def _packed_pairs(writer: Expressions, dropped: tuple[Expression, ...]) -> tuple[Part, str] | None:
    packed, names = writer.scheme.listed_pairs, [text.value for text in dropped if isinstance(text, Text)]
    is_plain = len(names) == len(dropped) and not any(mark in name for name in names for mark in "*?[")
    are_encoded = packed.encoded.issuperset(key for key, _ in packed.pairs)
    if writer.signs or not is_plain or not are_encoded or not is_in_quotes(packed):
        return None
    join = make_pair_joiner(packed, writer.unlisted_keys(packed) | {name.encode() for name in names})
    return Part.PACKED_FIELDS, f"{writer.constant(join)}({writer.text_at(packed.place)})"
