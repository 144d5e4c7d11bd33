"""Decides about a request that a trusted proxy describes, and answers 204 or a refusal.

A body does not come here, so a scheme that signs it is refused. One that signs a digest which travels is not: the
answer then says, in ``X-Sealstamp-Body``, that somebody has yet to compare the two.
"""

from __future__ import annotations

from collections.abc import Awaitable

from sealstamp.core.request import Request, index_headers
from sealstamp.errors import MalformedCredentialsError
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.answers import REQUEST_ID, Answer, Answered, new_request_id, problem
from sealstamp.server.dialects.dialect import BadDescriptionError, Dialect
from sealstamp.server.door import Admitted
from sealstamp.server.eager import begin
from sealstamp.server.identity import BODY, identity_headers
from sealstamp.server.listener.reading import Asked
from sealstamp.server.reception import HOST, Reception

API = b"x-decide-api"
"""Where a proxy may say which API its configuration is for."""


def decide(reception: Reception, dialect: Dialect, asked: Asked, rest: bytes) -> Answer | Awaitable[Answer]:
    """Return yes with the identity for the upstream, or the refusal, as a proxy has it; later, where it must wait."""
    request_id = new_request_id()
    try:
        request = described(dialect, asked, rest, request_id)
        guarded = reception.find(request, request_id)
        if API in request.header_fields[0]:
            _check_meant(request, guarded, request_id)
        address = reception.locator.told(request)
        admitted = begin(reception.door.admit(guarded, request, request_id, address))
        if isinstance(admitted, tuple):
            return _allowed(reception, guarded, dialect, admitted, request_id)
        return _decide_later(reception, guarded, dialect, admitted, request_id)
    except Answered as done:
        return dialect.word(done.answer)


async def _decide_later(
    reception: Reception, guarded: GuardedApi, dialect: Dialect, later: Awaitable[Admitted], request_id: str
) -> Answer:
    try:
        return _allowed(reception, guarded, dialect, await later, request_id)
    except Answered as done:
        return dialect.word(done.answer)


def _allowed(
    reception: Reception, guarded: GuardedApi, dialect: Dialect, admitted: Admitted, request_id: str
) -> Answer:
    principal, body = admitted
    told = [] if principal is None else identity_headers(principal, guarded.name, reception.door.asserter)
    if body is not None:
        told.append((BODY, body.leave_unseen()))
    told.append((REQUEST_ID, request_id.encode()))
    return Answer(dialect.allowed, told)


def _check_meant(request: Request, guarded: GuardedApi, request_id: str) -> None:
    """Raise Answered where proxy and Sealstamp disagree on which API a request is for: one of them was deceived."""
    if request.header_fields[0][API] != guarded.name.encode():
        raise Answered(problem(403, "other_api", "the proxy asks for another API than the request's", request_id))


def described(dialect: Dialect, asked: Asked, rest: bytes, request_id: str) -> Request:
    """Return the request that the proxy asks about. Raises Answered where its description is not to be trusted."""
    try:
        return _read(dialect, asked, rest)
    except (MalformedCredentialsError, BadDescriptionError) as error:
        raise Answered(problem(403, "bad_description", str(error), request_id)) from None


def _read(dialect: Dialect, asked: Asked, rest: bytes) -> Request:
    headers = asked.headers
    fields = values, doubled = index_headers(headers)
    if doubled and not doubled.isdisjoint(dialect.describing):
        raise BadDescriptionError("the proxy passed on a client's own description of the request")
    about = dialect.describe(asked.method, rest, values)
    if about.target[:1] != b"/":
        raise BadDescriptionError("the described target does not begin with a slash")
    if about.host is not None:
        headers = [(HOST, about.host), *(field for field in headers if field[0] != HOST)]
        fields = index_headers(headers)
    return Request(about.method, about.target, headers, scheme=about.scheme, body=dialect.body, fields=fields)
