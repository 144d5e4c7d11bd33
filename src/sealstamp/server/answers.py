"""Answers the service itself gives: refusals in the API's envelope, problems as RFC 9457, and plain ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import msgspec

from sealstamp.core.responses import write_refusal
from sealstamp.core.scheme import ResponseProfile
from sealstamp.errors import LimitedError, OutsideTimeWindowError, Reason, Refusal

Headers = list[tuple[bytes, bytes]]

REQUEST_ID = b"x-request-id"
SERVER_TIME = b"x-sealstamp-server-time"
"""On refusals for a wrong time: the server's, in Unix milliseconds."""
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")
_CHALLENGE = (b"www-authenticate", b"AccessKey")  # RFC 9110, section 11.6.1: a 401 must carry one

_process = os.urandom(6).hex()
_numbers = count(1)


def new_request_id() -> str:
    """Return an id that no other answer has: random per process, then a running number."""
    return f"{_process}-{next(_numbers):x}"


@dataclass(slots=True)
class Answer:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes = b""


class Answered(Exception):  # noqa: N818  # not an error: the request has its answer
    """The request goes no further; ``answer`` is what its sender gets, ``reason`` a stable word for why."""

    def __init__(self, answer: Answer, reason: str = "") -> None:
        super().__init__(answer.status)
        self.answer = answer
        self.reason = reason


def refusal_answer(refusal: Refusal, profile: ResponseProfile | None, request_id: str, now_ms: int) -> Answer:
    """Word a refusal as the API's profile does.

    It carries the server's time where the request's was wrong, and when to come again where a limit was reached.
    """
    extra: Headers = []
    if isinstance(refusal, OutsideTimeWindowError):
        extra.append((SERVER_TIME, b"%d" % refusal.server_time_ms))
    elif isinstance(refusal, LimitedError):
        extra += _limit_headers(refusal)
    if profile is None:
        answer = _refusal_problem(refusal, request_id, now_ms)
    else:
        wording = profile.answer_for(refusal.public_reason)
        body = write_refusal(profile, wording, request_id=request_id, now_ms=now_ms)
        answer = Answer(wording.status, [_JSON, (REQUEST_ID, request_id.encode())], body)
    if answer.status == 401:
        extra.append(_CHALLENGE)
    answer.headers += extra
    return answer


def _limit_headers(refusal: LimitedError) -> Headers:
    """Say when to come again (RFC 9110, section 10.2.3), and which limit it was.

    That is as draft-ietf-httpapi-ratelimit-headers-10 has it.
    """
    seconds = max(-(-refusal.retry_after_ms // 1000), 1)
    headers = [(b"retry-after", b"%d" % seconds)]
    if refusal.limit:
        name = refusal.limit.encode()
        headers.append((b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, refusal.amount, refusal.per_ms // 1000)))
        headers.append((b"ratelimit", b'"%b";r=0;t=%d' % (name, seconds)))
    return headers


def _refusal_problem(refusal: Refusal, request_id: str, now_ms: int) -> Answer:
    facts = {"server_time_ms": now_ms} if refusal.public_reason is Reason.OUTSIDE_TIME_WINDOW else {}
    return problem(refusal.status, refusal.public_reason, refusal.public_message, request_id, **facts)


def problem(status: int, code: str, title: str, request_id: str, **facts: object) -> Answer:
    """Return problem details (RFC 9457): ``code`` is stable, ``title`` for people."""
    members = {
        "type": f"urn:sealstamp:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "request_id": request_id,
    }
    body = msgspec.json.encode(members | facts)
    return Answer(status, [_PROBLEM, (REQUEST_ID, request_id.encode())], body)


def json_answer(status: int, value: object, headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    """Return a JSON document."""
    return Answer(status, [_JSON, (REQUEST_ID, new_request_id().encode()), *headers], msgspec.json.encode(value))
