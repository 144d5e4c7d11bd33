r"""The text of a template, read into a tree.

Grammar::

    template = *( literal / "{{" / "}}" / "{" pipeline "}" )
    pipeline = source *( "|" filter [ ":" argument *( "," argument ) ] )
    source   = name / part / part "." field-name / quoted
    argument = name / quoted / word          ; a word is the name of a hash function or an algorithm
    quoted   = "'" *( any character but "'" ) "'"
    name     = lower-case letter, then lower-case letters, digits and "_"
"""

from __future__ import annotations

import re

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.filters import FILTERS, HASHES, Argument, Filter
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.tree import Apply, Atom, Concat, Expression, Name, Part, Text


class TemplateError(ValueError):
    """The text is no template; ``problem`` and ``hint`` go into a SchemeError, which knows the line."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


_PIECE = re.compile(r"(?P<literal>(?:[^{}]|\{\{|\}\})+)|\{(?P<pipeline>(?:[^{}']|'[^']*')*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(r"[0-9]{1,6}")
_SPLIT = {mark: re.compile(rf"(?:[^{mark}']|'[^']*')+") for mark in "|,"}
_DOTTED = {"header": Part.HEADER, "query": Part.PARAMETER}
_PLAIN = {part.value: part for part in Part if part not in _DOTTED.values()}

RESERVED = frozenset({*_DOTTED, *_PLAIN})
"""The words for parts of the request; nothing else may have such a name."""


def parse_template(text: str) -> Expression:
    """Read a template. Raises TemplateError."""
    parts: list[Expression] = []
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise TemplateError(f"a brace does not close in {text!r}", "write {{ for a brace that is meant as text")
        position = piece.end()
        if piece["literal"] is not None:
            parts.append(Text(piece["literal"].replace("{{", "{").replace("}}", "}")))
        else:
            parts.append(parse_pipeline(piece["pipeline"]))
    return concat(parts)


def concat(parts: list[Expression]) -> Expression:
    """Join parts into the simplest expression that says the same."""
    return parts[0] if len(parts) == 1 else Concat(tuple(parts)) if parts else Text("")


def parse_pipeline(text: str) -> Expression:
    """Read what stands between braces. Raises TemplateError."""
    source, *filters = (piece.strip() for piece in _split(text, "|"))
    expression = _source(source, text)
    for call in filters:
        expression = _filter(call, expression)
    return expression


def _split(text: str, mark: str) -> list[str]:
    pieces = _SPLIT[mark].findall(text)
    if mark.join(pieces) != text or not pieces:
        raise TemplateError(f"{{{text}}} has nothing where a name should be", "write {name} or {name|filter}")
    return pieces


def _source(word: str, text: str) -> Expression:
    if _is_quoted(word):
        return Text(word[1:-1])
    if word in _PLAIN:
        return Atom(_PLAIN[word])
    part, dot, argument = word.partition(".")
    if dot and part in _DOTTED and argument:
        return Atom(_DOTTED[part], argument)
    if _NAME.fullmatch(word) and word not in RESERVED:
        return Name(word)
    raise TemplateError(
        f"{word!r} in {{{text}}} is no name",
        "names are lower-case letters, digits and _; a header is {header.Name}, a query parameter {query.Name}",
    )


def _is_quoted(word: str) -> bool:
    return len(word) >= 2 and word[0] == word[-1] == "'"


def _filter(call: str, source: Expression) -> Expression:
    name, colon, rest = call.partition(":")
    if name not in FILTERS:
        raise TemplateError(f"there is no filter {name!r}", did_you_mean(name, FILTERS))
    arguments = [piece.strip() for piece in _split(rest, ",")] if colon else []
    return Apply(name, source, _arguments(FILTERS[name], arguments))


def _arguments(entry: Filter, words: list[str]) -> tuple[Expression, ...]:
    most = max(len(entry.arguments), len(words)) if entry.repeats else len(entry.arguments)
    if not len(entry.arguments) - entry.optional <= len(words) <= most:
        raise TemplateError(
            f"{entry.name} takes {len(entry.arguments)} arguments, not {len(words)}", f"{entry.name}: {entry.summary}"
        )
    kinds = [*entry.arguments, *entry.arguments[-1:] * (len(words) - len(entry.arguments))]
    return tuple(_argument(entry, kind, word) for kind, word in zip(kinds, words, strict=False))


def _argument(entry: Filter, kind: Argument, word: str) -> Expression:
    if kind is Argument.HASH:
        if word not in HASHES:
            raise TemplateError(f"{entry.name} knows no hash function {word!r}", did_you_mean(word, HASHES))
        return Text(word)
    if kind is Argument.ALGORITHM:
        if word not in ALGORITHMS:
            raise TemplateError(f"{entry.name} knows no algorithm {word!r}", did_you_mean(word, ALGORITHMS))
        return Text(word)
    if kind is Argument.NUMBER:
        if not _NUMBER.fullmatch(word):
            raise TemplateError(f"{entry.name} takes numbers, not {word!r}", f"{entry.name}: {entry.summary}")
        return Text(word)
    return Text(word[1:-1]) if _is_quoted(word) else _source(word, word)
