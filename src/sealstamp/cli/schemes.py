"""``sealstamp schemes``: what there is, what one says, and whether a file is one.

Whatever needs more than the heads of the files is in ``about``, which is imported when it is asked for.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sealstamp.cli import output
from sealstamp.schemes import list_schemes


def add(parser: ArgumentParser) -> None:
    """Say what ``schemes`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, about, run in (
        ("list", "list the catalogue", _list),
        ("show", "show what a scheme says, and what it leaves unsigned", _about),
        ("check", "check a scheme file", _about),
        ("lint", "say how safe a scheme is, what can be done with it, and what to do about it", _about),
        ("vectors", "make the test vectors of schemes: requests to accept, and to refuse with a reason", _vectors),
    ):
        act = acts.add_parser(name, help=about, description=about)
        if name == "show":
            act.add_argument("scheme", metavar="NAME|FILE", help="a scheme's name, or a scheme file")
        elif name == "lint":
            which = act.add_mutually_exclusive_group(required=True)
            which.add_argument("scheme", nargs="?", metavar="NAME|FILE", help="a scheme's name, or a scheme file")
            which.add_argument("--all", action="store_true", help="every scheme of the catalogue, as a table")
        elif name == "check":
            act.add_argument("scheme", metavar="FILE", help="a scheme file")
        elif name == "list":
            about = "with grade, what is covered, what signs, and what guards against replay"
            act.add_argument("--long", action="store_true", help=about)
        elif name == "vectors":
            act.add_argument(
                "schemes", metavar="NAME|FILE", nargs="*", help="schemes; without any, the whole catalogue"
            )
            act.add_argument("--out", metavar="DIR", help="write each case into DIR/SCHEME/CASE instead of listing it")
        output.add_json(act)
        act.set_defaults(run=run, act=name)


def _list(arguments: Namespace) -> int:
    if arguments.long:
        return _about(arguments)
    heads = list_schemes()
    names = ("name", "title", "vendor", "url", "problem")
    facts = [{name: getattr(head, name) for name in names if getattr(head, name)} for head in heads]
    rows = ((head.name, head.title or f"cannot be used: {head.problem}") for head in heads)
    return output.show(arguments, facts, lambda: output.show_table(("NAME", "TITLE"), rows))


def _about(arguments: Namespace) -> int:
    from sealstamp.cli import about

    return about.RUNS[arguments.act](arguments)


def _vectors(arguments: Namespace) -> int:
    from sealstamp.cli.vectors import make  # the other commands need not wait for it

    return make(arguments)
