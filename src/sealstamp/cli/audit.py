"""``sealstamp audit``: who did what, and whether that is the whole of it."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.moments import read_moment, write_moment
from sealstamp.cli.numbers import read_number
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.resources import AuditEntry, AuditProof, AuditQuery, AuditVerdict

_SHOWN: Final = 50
_PAGE: Final = 1_000
_COLUMNS: Final = ("NUMBER", "TIME", "ACTOR", "ACT", "SUBJECT")
_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")


def add(parser: ArgumentParser) -> None:
    """Say what ``audit`` takes."""
    acts = Acts(parser)
    listed = acts.add("list", "list what was done, newest first", _list)
    _add_query(listed)
    listed.add_argument("--limit", metavar="N", default=str(_SHOWN), help=f"at most so many; {_SHOWN} if not given")
    verified = acts.add("verify", "verify that no entry was changed, dropped, put in or moved", _verify)
    verified.add_argument(
        "--expect", metavar="NUMBER:HASH", help="an entry that was written down before, which must still be there"
    )
    about = "write every entry as a line of JSON, oldest first"
    exported = acts.add("export", about, _export, json="print lines of JSON, as without it")
    _add_query(exported)
    exported.add_argument("--above", metavar="NUMBER", help="only entries after this one")


def _add_query(parser: ArgumentParser) -> None:
    parser.add_argument("--actor", metavar="NAME", help="only what this actor did")
    parser.add_argument("--act", metavar="NAME", help="only this act, as access_key.issue, or all acts on access_key")
    parser.add_argument("--subject", metavar="NAME", help="only what was done to this key, consumer or API")
    parser.add_argument("--request-id", metavar="ID", help="only what this request to the management API did")
    parser.add_argument("--since", metavar="TIME", help="only from this time on, as 2027-01-31T12:00:00Z")
    parser.add_argument("--until", metavar="TIME", help="only before this time")


def _query(arguments: Namespace, **more: Any) -> AuditQuery:
    from sealstamp.resources import AuditQuery
    from sealstamp.resources.common import moment_of

    return AuditQuery(
        actor=arguments.actor,
        act=arguments.act,
        subject=arguments.subject,
        request_id=arguments.request_id,
        since=None if arguments.since is None else moment_of(read_moment("--since", arguments.since)),
        until=None if arguments.until is None else moment_of(read_moment("--until", arguments.until)),
        **more,
    )


def _list(arguments: Namespace) -> int:
    most = read_number("--limit", arguments.limit)
    query = _query(arguments, limit=max(1, min(most, _PAGE)))
    with opened_books(arguments) as books:
        found = [*islice(books.list_audit_entries(query), most)]
    documents = [*map(_document, found)]
    return output.show(arguments, documents, lambda: output.show_table(_COLUMNS, map(_row, documents)))


def _export(arguments: Namespace) -> int:
    above = None if arguments.above is None else read_number("--above", arguments.above)
    query = _query(arguments, above=above, order="oldest", limit=_PAGE)
    with opened_books(arguments) as books:
        for entry in books.list_audit_entries(query):
            output.say(json.dumps(_document(entry), ensure_ascii=False))
    return output.DONE


def _document(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as it was hashed."""
    from sealstamp.resources.common import ms_of

    facts = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return {("at_ms" if name == "at" else name): ms_of(one) if name == "at" else one for name, one in facts.items()}


def _verify(arguments: Namespace) -> int:
    proof = _expected(arguments)
    with opened_books(arguments) as books:
        verdict = books.verify_audit(proof)
    document = {
        "whole": verdict.is_whole,
        "entries": verdict.sound,
        "head": f"{verdict.sound}:{verdict.hash}",
        "broken": verdict.broken,
        "problem": verdict.problem or None,
    }
    output.show(arguments, document, lambda: _tell(verdict))
    return output.DONE if verdict.is_whole else output.FAILED


def _expected(arguments: Namespace) -> AuditProof:
    from sealstamp.resources import AuditProof

    if arguments.expect is None:
        return AuditProof()
    match = _HEAD.fullmatch(arguments.expect)
    if match is None:
        raise ConfigurationError("--expect", "it is not a number and a hash", "give what audit verify printed before")
    return AuditProof(number=int(match[1]), hash=match[2])


def _tell(verdict: AuditVerdict) -> None:
    if verdict.is_whole:
        output.say(f"whole: {verdict.sound} entries, up to {verdict.sound}:{verdict.hash}")
        return
    output.say(f"broken at entry {verdict.broken}: {verdict.problem}")
    output.note("compare with an export or a backup from before; entries up to there are as they were written")


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    return str(entry["number"]), write_moment(entry["at_ms"]) or "", entry["actor"], entry["act"], entry["subject"]
