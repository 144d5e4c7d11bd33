"""``sealstamp audit``: who did what, on the local store, and whether that is the whole of it."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sealstamp.cli import output
from sealstamp.cli.local import acting, add_config, settings_of
from sealstamp.cli.moments import read_moment, write_moment
from sealstamp.cli.numbers import read_number
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.keys.audit import AuditEntry, AuditHead, AuditQuery, Verdict

_SHOWN: Final = 50
_STEP: Final = 100_000
_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")


def add(parser: ArgumentParser) -> None:
    """Say what ``audit`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def act(name: str, about: str, run: Callable[[Namespace], int]) -> ArgumentParser:
        added: ArgumentParser = acts.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        add_config(added)
        return added

    listed = act("list", "list what was done, newest first", _list)
    _add_query(listed)
    listed.add_argument("--limit", metavar="N", default=str(_SHOWN), help=f"at most so many; {_SHOWN} if not given")
    output.add_json(listed)
    verified = act("verify", "verify that no entry was changed, dropped, put in or moved", _verify)
    verified.add_argument(
        "--expect", metavar="NUMBER:HASH", help="an entry that was written down before, which must still be there"
    )
    output.add_json(verified)
    exported = act("export", "write every entry as a line of JSON, oldest first", _export)
    _add_query(exported)
    exported.add_argument("--above", metavar="NUMBER", help="only entries after this one")
    output.add_json(exported, "print lines of JSON, as without it")


def _add_query(parser: ArgumentParser) -> None:
    parser.add_argument("--actor", metavar="NAME", help="only what this actor did")
    parser.add_argument("--act", metavar="NAME", help="only this act, as access_key.issue, or all acts on access_key")
    parser.add_argument("--subject", metavar="NAME", help="only what was done to this key, consumer or API")
    parser.add_argument("--request-id", metavar="ID", help="only what this request to the management API did")
    parser.add_argument("--since", metavar="TIME", help="only from this time on, as 2027-01-31T12:00:00Z")
    parser.add_argument("--until", metavar="TIME", help="only before this time")


def _query(arguments: Namespace) -> AuditQuery:
    from sealstamp.keys.audit import AuditQuery

    return AuditQuery(
        actor=arguments.actor,
        act=arguments.act,
        subject=arguments.subject,
        request_id=arguments.request_id,
        since_ms=None if arguments.since is None else read_moment("--since", arguments.since),
        until_ms=None if arguments.until is None else read_moment("--until", arguments.until),
    )


def _list(arguments: Namespace) -> int:
    from dataclasses import replace

    query = replace(_query(arguments), newest_first=True, limit=read_number("--limit", arguments.limit))
    with acting(settings_of(arguments)) as act:
        found = act.store.list_audit_entries(query)
    columns = ("NUMBER", "TIME", "ACTOR", "ACT", "SUBJECT")
    documents = [entry.document() for entry in found]
    return output.show(arguments, documents, lambda: output.show_table(columns, map(_row, found)))


def _export(arguments: Namespace) -> int:
    from dataclasses import replace

    from sealstamp.keys.audit import entries

    above = None if arguments.above is None else read_number("--above", arguments.above)
    query = replace(_query(arguments), above=above)
    with acting(settings_of(arguments)) as act:
        for entry in entries(act.store, query):
            output.say(json.dumps(entry.document(), ensure_ascii=False))
    return output.DONE


def _verify(arguments: Namespace) -> int:
    from sealstamp.keys.audit import verify

    known = _expected(arguments)
    with acting(settings_of(arguments)) as act:
        verdict = verify(act.store, known, _say_progress)
    document = {
        "whole": verdict.broken is None,
        "entries": verdict.sound,
        "head": f"{verdict.sound}:{verdict.hash}",
        "broken": verdict.broken,
        "problem": verdict.problem or None,
    }
    output.show(arguments, document, lambda: _tell(verdict))
    return output.DONE if verdict.broken is None else output.FAILED


def _expected(arguments: Namespace) -> AuditHead | None:
    from sealstamp.keys.audit import AuditHead

    if arguments.expect is None:
        return None
    match = _HEAD.fullmatch(arguments.expect)
    if match is None:
        raise ConfigurationError("--expect", "it is not a number and a hash", "give what audit verify printed before")
    return AuditHead(int(match[1]), match[2])


def _tell(verdict: Verdict) -> None:
    if verdict.broken is None:
        output.say(f"whole: {verdict.sound} entries, up to {verdict.sound}:{verdict.hash}")
        return
    output.say(f"broken at entry {verdict.broken}: {verdict.problem}")
    output.note("compare with an export or a backup from before; entries up to there are as they were written")


def _say_progress(number: int) -> None:
    if number % _STEP == 0:
        output.note(f"{number} entries are whole")


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return str(entry.number), write_moment(entry.at_ms) or "", entry.actor, entry.act, entry.subject
