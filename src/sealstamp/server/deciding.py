"""``/decide``: decides about a request that a trusted proxy describes, and answers 204 or a refusal.

The proxy sends the client's headers along, and two of its own: ``X-Original-Method`` and ``X-Original-URI``, the raw
target. A body does not come here, so a scheme that signs it is refused. One that signs a digest which travels is not:
the answer then says, in ``X-Sealstamp-Body``, that somebody has yet to compare the two.
"""

from __future__ import annotations

from sealstamp.core.request import Request, index_headers
from sealstamp.errors import MalformedCredentialsError
from sealstamp.server.answers import REQUEST_ID, Answer, Answered, Headers, new_request_id, problem
from sealstamp.server.identity import identity_headers
from sealstamp.server.reception import Reception

METHOD, TARGET, SCHEME = b"x-original-method", b"x-original-uri", b"x-forwarded-proto"
UNCHECKED = (b"x-sealstamp-body", b"unchecked")
"""On decisions about requests whose body has a signed digest: the digest is signed, the bytes were not seen."""
_DESCRIPTION = frozenset([METHOD, TARGET, SCHEME])


async def decide(reception: Reception, headers: Headers) -> Answer:
    """Return 204 with the identity for the upstream, or the refusal."""
    request_id = new_request_id()
    try:
        request = described(headers, request_id)
        guarded = reception.find(request, request_id)
        address = reception.locator.told(request)
        principal, body = await reception.door.admit(guarded, request, request_id, address)
        if body is not None:
            body.leave_unseen()
    except Answered as done:
        return done.answer
    told = [] if principal is None else identity_headers(principal)
    if body is not None:
        told.append(UNCHECKED)
    told.append((REQUEST_ID, request_id.encode()))
    return Answer(204, told)


def described(headers: Headers, request_id: str) -> Request:
    """Return the request that the proxy asks about. Raises Answered where its description is not to be trusted."""
    try:
        fields = values, doubled = index_headers(headers)
    except MalformedCredentialsError as refusal:
        raise _distrusted(request_id, str(refusal)) from None
    if doubled and not doubled.isdisjoint(_DESCRIPTION):
        raise _distrusted(request_id, "the proxy passed on a client's own description of the request")
    method, target = values.get(METHOD), values.get(TARGET)
    if not method or not target or target[:1] != b"/":
        raise _distrusted(request_id, "the proxy must send X-Original-Method and X-Original-URI")
    return Request(method, target, headers, scheme=values.get(SCHEME, b"http"), fields=fields)


def _distrusted(request_id: str, title: str) -> Answered:
    return Answered(problem(403, "bad_description", title, request_id))
