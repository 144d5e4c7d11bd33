"""The gateway's way of a request: read, find its API, admit, pass on to the upstream."""

from __future__ import annotations

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.answers import Answered, new_request_id, problem, refusal_answer
from sealstamp.server.asgi import (
    BodyTooLargeError,
    ClientGoneError,
    RawTargetMissingError,
    Receive,
    Scope,
    Send,
    announces_body,
    read_body,
    request_of,
    send_answer,
)
from sealstamp.server.gateway import Gateway
from sealstamp.server.identity import identity_headers
from sealstamp.server.reception import Reception


async def guard(
    reception: Reception, gateway: Gateway, max_body: int, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer one request, by its API's upstream if it is admitted. ``max_body`` is in bytes."""
    request_id = new_request_id()
    try:
        request = _read(scope, request_id)
        guarded = reception.find(request, request_id)
        upstream = _upstream_of(guarded, request, request_id)
        if not _tells_of_body(scope, request) or (guarded.may_need_body and guarded.reads_body(request)):
            request = await _with_body(scope, receive, max_body, request_id)
        elif guarded.digests_body and not announces_body(request):
            request = request_of(scope, b"")
        address = reception.locator.at_gateway(scope, request)
        principal, body = await reception.door.admit(guarded, request, request_id, address)
    except Answered as done:
        await send_answer(send, done.answer)
    else:
        asserter = reception.door.asserter
        told = [] if principal is None else identity_headers(principal, guarded.name, asserter)
        await gateway.forward(upstream, request, told, body, request_id, address, scope, receive, send)


def _tells_of_body(scope: Scope, request: Request) -> bool:
    """Tell whether the head says if a body follows: in HTTP/1 it does; in HTTP/2 a body may come unannounced."""
    return scope["http_version"] in ("1.0", "1.1") or announces_body(request)


def _read(scope: Scope, request_id: str) -> Request:
    try:
        request = request_of(scope)
    except MalformedCredentialsError as refusal:
        raise Answered(refusal_answer(refusal, None, request_id, 0)) from None
    except RawTargetMissingError:
        title = "this server hides the raw target; use another"
        raise Answered(problem(500, "raw_target_missing", title, request_id)) from None
    if scope["http_version"] == "1.1" and not request.header(b"host"):  # RFC 9112, section 3.2
        raise Answered(problem(400, "host_missing", "an HTTP/1.1 request must have a Host header", request_id))
    return request


async def _with_body(scope: Scope, receive: Receive, limit: int, request_id: str) -> Request:
    try:
        return request_of(scope, await read_body(receive, limit))
    except ClientGoneError:
        title = "the body ended before it was whole"
        raise Answered(problem(400, "body_incomplete", title, request_id)) from None
    except BodyTooLargeError:
        title = "the body is larger than may be verified"
        raise Answered(problem(413, "body_too_large", title, request_id)) from None


def _upstream_of(guarded: GuardedApi, request: Request, request_id: str) -> str:
    """Return where the request goes if it is admitted. Raises Answered for what the gateway does not pass."""
    if request.header_fields[0].get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        title = "no transfer coding but chunked passes this gateway"
        raise Answered(problem(501, "coding_not_supported", title, request_id))
    if request.header(b"upgrade").lower() == b"websocket":
        title = "WebSocket upgrades do not pass this gateway"
        raise Answered(problem(501, "websocket_not_supported", title, request_id))
    if guarded.api.upstream is None:
        title = "this API has no upstream; ask /decide about its requests"
        raise Answered(problem(404, "no_upstream", title, request_id))
    return guarded.api.upstream
