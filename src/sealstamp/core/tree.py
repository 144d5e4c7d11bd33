r"""The syntax tree of what a scheme computes: eight kinds of node, nothing else.

A tree says what is computed and not how, so that one visitor each can type-check it, compile it to Python, write it
in another language, ask what it covers, or change a copy of it. Nodes are frozen and compare by value. A visitor is a
function with a ``match`` over these classes; ``children`` serves those that only pass through.

::

    "{timestamp}&{secret|md5|hex}"        Concat(Name, Text, Apply("hex", Apply("md5", Name)))
    ["{method}", "{path}"]                Join("\n", (Atom, Atom))
    {switch = "{method}", …}              Switch(Atom, cases, default)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from sealstamp.core.record import Record


class Part(StrEnum):
    """A part of the request that an expression can read. Each is bytes, exactly as received."""

    METHOD = "method"
    SCHEME = "scheme"
    AUTHORITY = "authority"
    HOST = "host"
    PORT = "port"
    PATH = "path"
    QUERY = "query"
    TARGET = "target"
    URL = "url"
    BODY = "body"
    FORM = "form_body"
    """The body, but of an urlencoded one without the fields that carry computed values."""
    HEADERS = "headers"
    """All header fields, as a list of names and values; without what carries computed values."""
    QUERY_FIELDS = "query_fields"
    """All query parameters, decoded, likewise."""
    FORM_FIELDS = "form_fields"
    """All fields of an urlencoded body, decoded, likewise."""
    XML_FIELDS = "xml_fields"
    """All elements of a flat XML body, likewise."""
    PACKED_FIELDS = "packed_fields"
    """All pairs of the packed text, unknown ones too; without what is defined, though with digests of the body."""
    HEADER = "header"  # written {header.NAME}
    """One header's value, by name; the empty text if it is absent."""
    PARAMETER = "query parameter"  # written {query.NAME}
    """One query parameter's decoded value, by name; the empty text if it is absent."""


class Text(Record):
    """A literal."""

    value: str


class Name(Record):
    """A field, a parameter, the secret, or a definition made earlier."""

    name: str


class Atom(Record):
    """A part of the request; ``argument`` is the name where the part needs one."""

    part: Part
    argument: str = ""


class Apply(Record):
    """A filter of the closed table, over ``source``, with its arguments."""

    filter: str
    source: Expression
    arguments: tuple[Expression, ...] = ()


class Concat(Record):
    """Parts one after another."""

    parts: tuple[Expression, ...]


class Join(Record):
    """Parts with a separator between them; ``skip_empty`` leaves empty ones out, separator and all."""

    separator: str
    parts: tuple[Expression, ...]
    skip_empty: bool = False


class Switch(Record):
    """The case whose text the subject equals, else the default; without one, what has no case is refused."""

    subject: Expression
    cases: tuple[tuple[str, Expression], ...]
    default: Expression | None


class Cover(Record):
    """A line ``name: value`` for each name of a list, with line feeds between.

    A name is a header's, unless it is in ``values``, which says its value, or in ``lines``, which says its whole line.
    """

    names: Expression
    separator: str
    values: tuple[tuple[str, Expression], ...] = ()
    lines: tuple[tuple[str, Expression], ...] = ()


Expression = Text | Name | Atom | Apply | Concat | Join | Switch | Cover


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside ``node``."""
    match node:
        case Apply(source=source, arguments=arguments):
            return (source, *arguments)
        case Concat(parts=parts) | Join(parts=parts):
            return parts
        case Switch(subject=subject, cases=cases, default=default):
            return (subject, *(value for _, value in cases), *(() if default is None else (default,)))
        case Cover(names=listed, values=values, lines=lines):
            return (listed, *(value for _, value in (*values, *lines)))
        case _:
            return ()


def walk(node: Expression) -> Iterator[Expression]:
    """Yield ``node`` and everything inside it, outermost first."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Expression) -> Iterator[str]:
    """Yield every name that ``node`` refers to, in order, doubles kept."""
    return (inner.name for inner in walk(node) if isinstance(inner, Name))


def rewrite(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return a copy with ``change`` made to every expression, innermost first."""

    def inner(child: Expression) -> Expression:
        return rewrite(child, change)

    match node:
        case Apply(filter=name, source=source, arguments=arguments):
            node = Apply(name, inner(source), tuple(map(inner, arguments)))
        case Concat(parts=parts):
            node = Concat(tuple(map(inner, parts)))
        case Join(separator=separator, parts=parts, skip_empty=skip_empty):
            node = Join(separator, tuple(map(inner, parts)), skip_empty)
        case Switch(subject=subject, cases=cases, default=default):
            changed = tuple((text, inner(value)) for text, value in cases)
            node = Switch(inner(subject), changed, None if default is None else inner(default))
        case Cover(names=listed, separator=separator, values=values, lines=lines):
            values = tuple((name, inner(value)) for name, value in values)
            node = Cover(inner(listed), separator, values, tuple((name, inner(line)) for name, line in lines))
        case _:
            pass
    return change(node)
