"""``/v1/verify``: any backend, in any language, asks about a request; the very door decides that decides elsewhere."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from sealstamp.core import verifier
from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError, StoreUnavailableError
from sealstamp.keys.addresses import client_address
from sealstamp.keys.operators import Role
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.resources.verify import Asked, AskedBatch, BodyDigests, ClientAnswer, Decision, Decisions, Principal
from sealstamp.server.answers import Answer, Answered, new_request_id, problem, refusal_answer
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.services import Services
from sealstamp.server.reception import Reception

MAX_BODY: Final = 16 * 1_048_576
"""Bytes of a batch; bodies are in it in base64."""


async def _verify(call: Call[Nothing, Asked]) -> Reply:
    return Reply(await _decision(call.services, call.body))


async def _verify_batch(call: Call[Nothing, AskedBatch]) -> Reply:
    # Together, so that a replay guard over a network claims many nonces at once.
    decisions = await asyncio.gather(*(_decision(call.services, asked) for asked in call.body.requests))
    return Reply(Decisions(decisions=list(decisions)))


async def _decision(services: Services, asked: Asked) -> Decision:
    request_id, api = new_request_id(), None
    try:
        request = _request(asked, request_id)
        guarded = _find(services, asked, request, request_id)
        api = guarded.name
        address = client_address(asked.address) if asked.address else None
        principal, body = await services.door.admit(guarded, request, request_id, address)
        is_checked = body is None or body.compare(_digests(asked.body_digests))
        if body is not None and not is_checked:
            body.leave_unseen()
    except Answered as done:
        return _refused(done, api, request_id)
    return Decision(
        allowed=True,
        reason="accepted" if principal else "not_enforced",
        status=200,
        api=api,
        principal=None if principal is None else _told(principal),
        body="checked" if is_checked else "unchecked",
        answer=None,
        request_id=request_id,
    )


def _request(asked: Asked, request_id: str) -> Request:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in asked.headers]
    try:
        return Request(
            asked.method.encode(),
            asked.target.encode("latin-1"),
            headers,
            scheme=asked.scheme.encode(),
            body=asked.body,
        )
    except MalformedCredentialsError as refusal:
        raise Answered(refusal_answer(refusal, None, request_id, 0), refusal.public_reason) from None


def _find(services: Services, asked: Asked, request: Request, request_id: str) -> GuardedApi:
    reception = Reception(services.directory, services.door, services.locator)
    if asked.api is None:
        return reception.find(request, request_id)
    try:
        found = services.directory.current().by_name.get(asked.api)
    except StoreUnavailableError as refusal:
        raise Answered(refusal_answer(refusal, None, request_id, 0), refusal.public_reason) from None
    if found is None:
        raise Answered(problem(404, "no_such_api", "there is no API of this name", request_id), "no_such_api")
    return reception.usable(found, request_id)


def _digests(given: BodyDigests | None) -> dict[str, bytes]:
    named = {} if given is None else msgspec.structs.asdict(given)
    return {name: bytes.fromhex(text) for name, text in named.items() if text is not None}


def _told(principal: verifier.Principal) -> Principal:
    return Principal(access_key_id=principal.access_key_id, consumer=principal.consumer, scheme=principal.scheme)


def _refused(done: Answered, api: str | None, request_id: str) -> Decision:
    return Decision(
        allowed=False,
        reason=done.reason,
        status=done.answer.status,
        api=api,
        principal=None,
        body="unchecked",
        answer=_client_answer(done.answer),
        request_id=request_id,
    )


def _client_answer(answer: Answer) -> ClientAnswer:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    return ClientAnswer(status=answer.status, headers=headers, body=answer.body.decode())


OPERATIONS = (
    Operation(
        *("verify", "POST", "/v1/verify", "Decide about a request", Role.VIEWER),
        run_at_door=_verify,
        takes=Asked,
        gives=Decision,
        max_body=MAX_BODY,
    ),
    Operation(
        *("verify_batch", "POST", "/v1/verify/batch", "Decide about up to 1,000 requests", Role.VIEWER),
        run_at_door=_verify_batch,
        takes=AskedBatch,
        gives=Decisions,
        max_body=MAX_BODY,
    ),
)
