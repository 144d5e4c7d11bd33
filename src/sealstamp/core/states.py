"""Writes filters that make a state of their arguments: a MAC that has taken in its key, a key that can sign.

The state is made once per key where it can be. One that depends on the request, such as on its day, is remembered for
each of the last few values that it was derived with.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from sealstamp.core.filters import Filter
from sealstamp.core.tree import Apply, Concat, Expression

if TYPE_CHECKING:
    from sealstamp.core.expressions import Expressions


class Stage(IntEnum):
    """When an expression's value is known."""

    KEY = 0
    REQUEST = 1


def prepared(writer: Expressions, entry: Filter, node: Apply) -> str:
    """Return code for a filter whose state is known per key, or remembered there, or made for this request."""
    source = writer.value(node.source)
    if max(map(writer.stage, node.arguments)) is Stage.KEY:
        state = writer.per_key((node.filter, node.arguments), _state(writer, entry, node))
    elif writer.remembers and (inputs := _inputs_of_state(writer, node)):
        state = _remembered(writer, entry, node, inputs)
    elif entry.at_once:
        return entry.at_once.format(*_arguments(writer, entry, node), source=source)
    else:
        state = _state(writer, entry, node)
    writer.macs += 1
    return entry.code.format(source=source, state=state, mac=f"m{writer.macs}")


def _arguments(writer: Expressions, entry: Filter, node: Apply) -> list[str]:
    return [*map(writer.argument, entry.arguments, node.arguments)]


def _state(writer: Expressions, entry: Filter, node: Apply) -> str:
    return entry.prepare.format(*_arguments(writer, entry, node))


def _inputs_of_state(writer: Expressions, node: Apply) -> list[Expression]:
    inputs = writer.derivations.inputs_of(Concat(node.arguments)) or ()
    return [value for value in inputs if writer.stage(value) is Stage.REQUEST]


def _remembered(writer: Expressions, entry: Filter, node: Apply, inputs: Sequence[Expression]) -> str:
    """Make a state once for each of the last few values that its key is derived with; such as the day."""
    memory = writer.per_key((f"{node.filter} remembered", node.arguments), "{}")
    values = f"({''.join(f'{writer.value(value)}, ' for value in inputs)})"
    state = writer.keep(f"{memory}.get({values})")
    with writer.only_if(f"{state} is None"):
        writer.remembers = False  # the keys on the way to this one are used for nothing else
        writer.lines.append(f"{state} = remember({memory}, {values}, {_state(writer, entry, node)})")
        writer.remembers = True
    return state
