"""``sealstamp snippet``: what to paste into a tool so that it signs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sealstamp.cli import inputs, output
from sealstamp.guide.tools import tool_names, write_snippet


def add(parser: ArgumentParser) -> None:
    """Say what ``snippet`` takes."""
    tools = tool_names()
    parser.add_argument("tool", choices=tools, metavar="TOOL", help=f"one of {', '.join(tools)}")
    inputs.add_scheme(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the snippet. Raises ConfigurationError where a script cannot sign by the scheme."""
    scheme = inputs.scheme_of(arguments)
    text = write_snippet(arguments.tool, scheme)
    document = {"tool": arguments.tool, "scheme": scheme.name, "text": text}
    return output.show(arguments, document, lambda: output.say(text.removesuffix("\n")))
