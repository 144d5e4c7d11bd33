"""``sealstamp schemes``: what there is, what one says, and whether a file is one.

Whatever needs more than the heads of the files is in ``about``, which is imported when it is asked for.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sealstamp.cli import output, uploads
from sealstamp.cli.acts import Acts, ask_nothing
from sealstamp.schemes import list_schemes


def add(parser: ArgumentParser) -> None:
    """Say what ``schemes`` takes."""
    acts = Acts(parser)
    listed = acts.add("list", "list the catalogue", _list, ask=ask_nothing)
    about = "with grade, what is covered, what signs, and what guards against replay"
    listed.add_argument("--long", action="store_true", help=about)
    about = "show what a scheme says, and what it leaves unsigned"
    _add_scheme(acts.add("show", about, _about, ask=ask_nothing))
    checked = acts.add("check", "check a scheme file", _about, ask=ask_nothing)
    checked.add_argument("scheme", metavar="FILE", help="a scheme file")
    about = "say how safe a scheme is, what can be done with it, and what to do about it"
    _add_linted(acts.add("lint", about, _about, ask=ask_nothing))
    about = "make the test vectors of schemes: requests to accept, and to refuse with a reason"
    _add_vectors(acts.add("vectors", about, _vectors, ask=ask_nothing))
    uploads.add(acts)


def _add_scheme(parser: ArgumentParser) -> None:
    parser.add_argument("scheme", metavar="NAME|FILE", help="a scheme's name, or a scheme file")


def _add_linted(parser: ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("scheme", nargs="?", metavar="NAME|FILE", help="a scheme's name, or a scheme file")
    which.add_argument("--all", action="store_true", help="every scheme of the catalogue, as a table")


def _add_vectors(parser: ArgumentParser) -> None:
    about = "schemes; without any, the whole catalogue"
    parser.add_argument("schemes", metavar="NAME|FILE", nargs="*", help=about)
    parser.add_argument("--out", metavar="DIR", help="write each case into DIR/SCHEME/CASE instead of listing it")


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

    return about.RUNS[arguments.command](arguments)


def _vectors(arguments: Namespace) -> int:
    from sealstamp.cli.vectors import make  # the other commands need not wait for it

    return make(arguments)
