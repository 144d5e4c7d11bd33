"""What can be computed with less work: headers that are picked first, and keys that many requests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sealstamp.core.exposure import Exposure, exposure_of, exposures_of
from sealstamp.core.headerlines import VALUES
from sealstamp.core.scheme import NONCE, SECRET, SIGNATURE, Scheme
from sealstamp.core.tree import Apply, Atom, Cover, Expression, Name, Part, Text, children, walk

_BY_FIELD: Final = frozenset({"squeeze", "trim", "lower_values", "nonempty", "match", "drop"})
"""Filters that look at one field at a time and keep its name, so that others can be left out before or after."""
_FOR_DOUBLES: Final = frozenset({"merge", "dedupe", "lower_names"})
"""Filters that do nothing to headers of which none came twice; their names are in lower case."""
_HEADERS: Final = Atom(Part.HEADERS)
PICKED: Final = Atom(Part.HEADERS, "picked")
"""Stands for the headers of a request that has none twice, where ``only`` picks from them and no list is made."""


def undoubled(node: Apply) -> Apply | None:
    """Return a tree that gives the same for headers of which none came twice, and picks the named ones first.

    ``{headers|squeeze|merge:','|only:signed,';'|…}`` becomes ``{headers|only:signed,';'|squeeze|…}``. None where
    there is nothing to gain.
    """
    chain = [*_chain(node)]
    at = next((index for index, step in enumerate(chain) if step.filter == "only"), None)
    before = chain[:at]
    if at is None or chain[0].source != _HEADERS or any(s.filter not in _BY_FIELD | _FOR_DOUBLES for s in before):
        return None
    tree: Expression = PICKED
    for step in (chain[at], *(step for step in before if step.filter in _BY_FIELD), *chain[at + 1 :]):
        tree = Apply(step.filter, tree, step.arguments)
    return tree if isinstance(tree, Apply) else None


def header_lines(node: Expression) -> tuple[Apply, list[str]] | None:
    """Return, for ``{headers|only:…|squeeze|join:…}``, its ``only`` and the filters of values; else None."""
    chain = _chain(node)
    inner = [step.filter for step in chain[1:-1]]
    if len(chain) < 2 or (chain[0].filter, chain[0].source, chain[-1].filter) != ("only", PICKED, "join"):
        return None
    return (chain[0], inner) if VALUES.keys() >= {*inner} else None


def _chain(node: Expression) -> list[Apply]:
    """Return the filters over a source, innermost first."""
    chain = []
    while isinstance(node, Apply):
        chain.append(node)
        node = node.source
    return chain[::-1]


class Derivations:
    """Which values of a request the keys depend on that a scheme derives from the secret."""

    def __init__(self, scheme: Scheme) -> None:
        self.exposures = exposures_of(scheme.definitions, (SECRET, *scheme.extras))
        self.inputs: dict[str, tuple[Expression, ...]] = {}
        self.new = {NONCE, SIGNATURE, *scheme.body_digests}
        for name, tree in scheme.definitions.items():  # in order, so that each is looked at once
            self.inputs[name] = tuple(dict.fromkeys(self._inputs(tree)))
            if name not in scheme.chosen and self._is_new(tree):
                self.new.add(name)

    def inputs_of(self, node: Expression) -> tuple[Expression, ...] | None:
        """Return what has to be the same for a derived key to be the same: names and filtered names, such as the day.

        None where it is not derived from a secret, or from what is new in each request.
        """
        inputs = tuple(dict.fromkeys(self._inputs(node)))
        return None if not self._holds_secret(node) or any(map(self._is_new, inputs)) else inputs

    def _holds_secret(self, node: Expression) -> bool:
        return exposure_of(node, self.exposures) is not Exposure.NONE

    def _inputs(self, node: Expression) -> Iterator[Expression]:
        if not self._holds_secret(node):
            yield from () if isinstance(node, Text) else (node,)
        elif isinstance(node, Name):
            yield from self.inputs.get(node.name, ())
        else:
            for child in children(node):
                yield from self._inputs(child)

    def _is_new(self, node: Expression) -> bool:
        return any(
            inner.name in self.new if isinstance(inner, Name) else isinstance(inner, Atom | Cover)
            for inner in walk(node)
        )
