"""Response profiles: how a vendor's API words its refusals, read from a scheme and written as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

from sealstamp.core.document import Table, shown
from sealstamp.core.scheme import Answer, ResponseProfile
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import PUBLIC_REASONS

_HOLE = re.compile(r"\{(\w+)\}")
_HOLES = frozenset({"code", "message", "request_id", "time", "time_ms"})
MAX_CODE = 2**53 - 1
"""Numbers beyond this are read differently by different JSON parsers (RFC 8259, section 6)."""
_EXAMPLE = Answer(401, 1, "no")


def read_responses(root: Table) -> ResponseProfile | None:
    """Read the ``[responses]`` section, if there is one. Raises SchemeError."""
    table = root.table("responses")
    if table is None:
        return None
    default = table.table("default")
    if default is None:
        table.fail(
            "default", "[responses] has no default answer", 'default = { status = 401, code = 1, message = "…" }'
        )
    profile = ResponseProfile(
        table.need("body", str, """body = '{"code": {code}, "message": {message}}'"""),
        _answer(default),
        {reason: _answer(answer) for reason in sorted(PUBLIC_REASONS) if (answer := table.table(reason.value))},
    )
    table.finish()
    _check_body(table, profile)
    return profile


def _answer(table: Table) -> Answer:
    status = table.need("status", int, "status = 401")
    if not 400 <= status <= 599:
        table.fail("status", f"a refusal cannot have the status {shown(status)}", "it is between 400 and 599")
    code = table.values.get("code", status)
    table.get("code", object)
    if type(code) not in (int, str):
        table.fail("code", "'code' must be a whole number or a text", f"it is {shown(code)}")
    if isinstance(code, int) and abs(code) > MAX_CODE:
        table.fail("code", "'code' is too large a number", f"write a text, or a number up to {MAX_CODE}")
    answer = Answer(status, code, table.need("message", str, 'message = "what the vendor says"'))
    table.finish()
    return answer


def _check_body(table: Table, profile: ResponseProfile) -> None:
    for hole in _HOLE.findall(profile.body):
        if hole not in _HOLES:
            table.fail("body", f"there is no {{{hole}}} to put into an answer", did_you_mean(hole, _HOLES))
    try:
        json.loads(write_refusal(profile, _EXAMPLE, request_id="1", now_ms=0))
    except (ValueError, RecursionError) as error:
        table.fail("body", f"the answer would not be JSON: {error}", "holes come with their own quotes: {message}")


def write_refusal(profile: ResponseProfile, answer: Answer, *, request_id: str, now_ms: int) -> bytes:
    """Write the envelope for one answer. ``now_ms`` is the server's time in Unix milliseconds."""
    values: dict[str, Callable[[], object]] = {
        "code": lambda: answer.code,
        "message": lambda: answer.message,
        "request_id": lambda: request_id,
        "time": lambda: datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "time_ms": lambda: now_ms,
    }
    return _HOLE.sub(lambda hole: json.dumps(values[hole[1]]()), profile.body).encode()
