"""Snippets for the tools in which people try APIs, each from a scheme.

Each module in here is one tool. It has the tool's name, and a function ``write`` from a scheme to the snippet's text.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command asks for the names before it needs anything else
    from sealstamp.core.scheme import Scheme


def tool_names() -> tuple[str, ...]:
    """Return the names of all tools, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def write_snippet(tool: str, scheme: Scheme) -> str:
    """Return what to paste into a tool so that it signs.

    Raises ConfigurationError where the tool cannot sign by the scheme.
    """
    text: str = import_module(f"{__name__}.{tool}").write(scheme)
    return text
