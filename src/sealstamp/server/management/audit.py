"""``/v1/audit``: who did what, and the proof that nobody changed the record of it."""

from __future__ import annotations

from collections.abc import Callable

from sealstamp.errors import ConfigurationError
from sealstamp.keys import audit as domain
from sealstamp.keys.audit import AuditHead
from sealstamp.keys.operators import Role
from sealstamp.keys.ports import AuditLog
from sealstamp.resources.audit import AuditEntries, AuditEntry, AuditProof, AuditQuery, AuditVerdict
from sealstamp.resources.common import moment_of, ms_of, told
from sealstamp.server.management.operations import Call, Operation, Reply
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code


def _list(call: Call[AuditQuery, None]) -> Reply:
    store, asked = call.services.store, call.query
    newest_first = asked.order == "newest"

    def read(after: str, limit: int) -> list[domain.AuditEntry]:
        mark = int(after) if after else None
        sought = domain.AuditQuery(
            actor=asked.actor,
            act=asked.act,
            subject=asked.subject,
            request_id=asked.request_id,
            since_ms=ms_of(asked.since),
            until_ms=ms_of(asked.until),
            above=asked.above if newest_first or mark is None else mark,
            below=mark if newest_first else None,
            newest_first=newest_first,
            limit=limit,
        )
        return list(store.list_audit_entries(sought))

    items, cursor = page_of(call, read, lambda entry: str(entry.number))
    return Reply(AuditEntries(items=[_told(one) for one in items], next_cursor=cursor))


def _told(entry: domain.AuditEntry) -> AuditEntry:
    document = entry.document()
    return told({**document, "at": moment_of(document.pop("at_ms"))}, AuditEntry)


def _verify(call: Call[AuditProof, None]) -> Reply:
    return Reply(verdict_on(call.services.store, call.query))


def verdict_on(log: AuditLog, asked: AuditProof, progress: Callable[[int], None] = lambda _: None) -> AuditVerdict:
    """Verify the whole audit; ``progress`` is told the number of each entry. Raises ConfigurationError."""
    if (asked.number is None) != (asked.hash is None):
        raise ConfigurationError("query", "number and hash belong together", "give both, or neither")
    known = None if asked.number is None or asked.hash is None else AuditHead(asked.number, asked.hash)
    verdict = domain.verify(log, known, progress)
    return AuditVerdict(
        is_whole=verdict.broken is None,
        sound=verdict.sound,
        hash=verdict.hash,
        broken=verdict.broken,
        problem=verdict.problem,
    )


OPERATIONS = (
    Operation(
        *("list_audit_entries", "GET", "/v1/audit", "List what was done, and by whom", Role.VIEWER, _list),
        query=AuditQuery,
        gives=AuditEntries,
    ),
    Operation(
        *("verify_audit", "GET", "/v1/audit/verify", "Prove the audit whole", Role.ADMIN, _verify),
        query=AuditProof,
        gives=AuditVerdict,
        problems=(Code.INVALID_VALUE,),
    ),
)
