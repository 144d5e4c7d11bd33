"""``sealstamp snippet``: what to paste into a tool so that it signs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sealstamp.cli import inputs, output

TOOLS = ("bruno", "http", "insomnia", "locust", "postman")
"""As ``sealstamp.guide.tools`` has them, which is not imported for a list."""


def add(parser: ArgumentParser) -> None:
    """Say what ``snippet`` takes."""
    parser.add_argument("tool", choices=TOOLS, metavar="TOOL", help=f"one of {', '.join(TOOLS)}")
    inputs.add_scheme(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the snippet. Raises ConfigurationError where a script cannot sign by the scheme."""
    from sealstamp.guide import tools

    scheme = inputs.scheme_of(arguments)
    text = tools.TOOLS[arguments.tool](scheme)
    document = {"tool": arguments.tool, "scheme": scheme.name, "text": text}
    return output.show(arguments, document, lambda: output.say(text.removesuffix("\n")))
