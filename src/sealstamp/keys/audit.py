"""The audit: every act of management, in entries that are only ever appended, each of which seals the one before.

An entry's hash is the SHA-256 of its canonical JSON without the hash: keys in order, no spaces, UTF-8. It covers the
hash of the entry before, so nobody can change, drop, put in or reorder entries without making all later ones anew.
What the newest entry is, a head says, which is changed with each entry: so a tail that was cut off is missed too.

Whoever can write to the database can make the whole chain anew, with another end. Against them helps only an end that
was written down elsewhere, and is compared later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sealstamp.keys.ports import AuditLog

Document = Mapping[str, Any]
"""What something was or became: what JSON can hold, and never a secret."""

BEFORE_THE_FIRST: Final = "0" * 64
"""The ``previous`` of the first entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. ``number`` counts from 1 without a gap; ``at_ms`` is Unix milliseconds.

    ``act`` is such as ``access_key.issue``, and ``subject`` the name or id that it was done to. ``before`` is None for
    what was made, ``after`` for what was deleted.
    """

    number: int
    at_ms: int
    actor: str
    act: str
    subject: str
    request_id: str | None
    before: Document | None
    after: Document | None
    previous: str
    hash: str = ""

    def document(self) -> dict[str, Any]:
        """Return the entry as an object of JSON."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The number and the hash of the newest entry; 0 where there is none."""

    number: int = 0
    hash: str = BEFORE_THE_FIRST


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are sought, at most ``limit``.

    ``act`` is a whole name, or the word before its dot. Times are Unix milliseconds: from ``since_ms``, up to and
    without ``until_ms``. Only entries with numbers above ``above`` and below ``below``; ``newest_first`` turns the
    order around.
    """

    actor: str | None = None
    act: str | None = None
    subject: str | None = None
    request_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    above: int | None = None
    below: int | None = None
    newest_first: bool = False
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: how many entries follow one another soundly, the last one's hash, and the first problem.

    ``broken`` is the number of the first entry that is not as it was written, or not there.
    """

    sound: int
    hash: str
    broken: int | None = None
    problem: str = ""


def hash_of(entry: AuditEntry) -> str:
    """Return the hash that ``entry`` must have. Raises ValueError or TypeError for what JSON cannot hold."""
    document = entry.document()
    del document["hash"]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def append(
    log: AuditLog,
    *,
    at_ms: int,
    actor: str,
    act: str,
    subject: str,
    request_id: str | None,
    before: Document | None,
    after: Document | None,
) -> AuditEntry:
    """Append an entry, in the transaction that ``log`` is in."""
    with log.transaction():
        head = log.lock_audit_head()
        draft = AuditEntry(head.number + 1, at_ms, actor, act, subject, request_id, before, after, head.hash)
        entry = replace(draft, hash=hash_of(draft))
        log.add_audit_entry(entry)
    return entry


def entries(log: AuditLog, query: AuditQuery | None = None) -> Iterator[AuditEntry]:
    """Yield all entries that are sought, by pages of the query's limit."""
    query = query or AuditQuery()
    while True:
        page = log.list_audit_entries(query)
        yield from page
        if len(page) < query.limit:
            return
        last = page[-1].number
        query = replace(query, below=last) if query.newest_first else replace(query, above=last)


def verify(
    log: AuditLog, known: AuditHead | None = None, progress: Callable[[int], None] = lambda _number: None
) -> Verdict:
    """Verify the whole chain, and that it has the entry ``known``, which was written down elsewhere.

    ``progress`` is told each number that was verified.
    """
    last = seen = AuditHead()
    while True:
        verdict = _verify_from(log, last, known, progress)
        if verdict.broken is not None:
            return verdict
        if verdict.sound < seen.number:  # this head was there before the entries were read
            return _compare(verdict, seen, known)
        head = log.find_audit_head()
        if head.number <= verdict.sound:
            return _compare(verdict, head, known)
        last, seen = AuditHead(verdict.sound, verdict.hash), head  # some were appended meanwhile, or cut off


def _verify_from(log: AuditLog, last: AuditHead, known: AuditHead | None, progress: Callable[[int], None]) -> Verdict:
    """Verify what follows ``last``, up to the last entry that there is."""
    for entry in entries(log, AuditQuery(above=last.number)):
        problem = _problem(entry, last, known)
        if problem:
            return Verdict(last.number, last.hash, last.number + 1, problem)
        last = AuditHead(entry.number, entry.hash)
        progress(entry.number)
    return Verdict(last.number, last.hash)


def _problem(entry: AuditEntry, last: AuditHead, known: AuditHead | None) -> str:
    if entry.number != last.number + 1:
        return f"it is missing; the next is {entry.number}"
    if entry.previous != last.hash:
        return "it does not follow the entry before it"
    try:
        is_sound = entry.hash == hash_of(entry)
    except (TypeError, ValueError):
        is_sound = False
    if not is_sound:
        return "it was changed"
    if known is not None and known.number == entry.number and known.hash != entry.hash:
        return "it is not the one that was written down"
    return ""


def _compare(verdict: Verdict, head: AuditHead, known: AuditHead | None) -> Verdict:
    """Compare the end that was found with the one that is known."""
    problem = ""
    if head.number > verdict.sound:
        problem = f"it is missing, and all after it, up to {head.number}"
    elif known is not None and known.number > verdict.sound:
        problem = f"it is missing, and all after it, up to {known.number}, which was written down"
    if problem:
        return replace(verdict, broken=verdict.sound + 1, problem=problem)
    if (head.number, head.hash) != (verdict.sound, verdict.hash):
        first = min(head.number + 1, verdict.sound)
        return replace(verdict, broken=first, problem="the head says otherwise than the entries")
    return verdict
