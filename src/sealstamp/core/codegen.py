"""The parts of generated code: a namespace with the runtime and constants in it, and functions as text."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any

from sealstamp.core import runtime
from sealstamp.core.filters import RUNTIME


class Namespace:
    """The globals of the generated functions: the runtime, and constants under generated names."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {
            # __import__ is for extension modules, which import their exceptions when they first raise them and may
            # abort the process if they cannot. No name from a scheme file gets here, so no scheme can call it.
            "__builtins__": {"int": int, "len": len, "KeyError": KeyError, "__import__": __import__},
            "compare": hmac.compare_digest,
            **RUNTIME,
            **{name: getattr(runtime, name) for name in runtime.__all__},
        }
        self._names: dict[Any, str] = {}

    def constant(self, value: Any) -> str:
        """Return the name under which the generated code finds ``value``."""
        key = (type(value), value)
        if key not in self._names:
            self._names[key] = f"c{len(self._names)}"
            self.values[self._names[key]] = value
        return self._names[key]


def function(name: str, arguments: str, lines: Sequence[str]) -> str:
    """Return a function's text, its lines indented."""
    return "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)])
