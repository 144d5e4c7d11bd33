"""``/v1/access-requests``: made by strangers, where the settings let them, and decided by operators."""

from __future__ import annotations

from dataclasses import replace

from sealstamp.keys import requests as domain
from sealstamp.keys.acts import requests as acts
from sealstamp.keys.documents import access_request_document
from sealstamp.keys.operators import Role
from sealstamp.keys.requests import RequestStatus
from sealstamp.resources.common import told
from sealstamp.resources.pairs import (
    AccessRequest,
    AccessRequestQuery,
    AccessRequests,
    Approval,
    NewAccessRequest,
    Received,
    Refusal,
)
from sealstamp.server.management.invitations import terms_of
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code, ProblemError

_ALL = "/v1/access-requests"
_MAX_REQUEST = 16_384


def _list(call: Call[AccessRequestQuery, None]) -> Reply:
    status = None if call.query.status is None else RequestStatus(call.query.status)
    store = call.services.store
    items, cursor = page_of(
        call,
        lambda after, limit: store.list_access_requests(status=status, after=after, limit=limit),
        lambda one: one.id,
    )
    return Reply(AccessRequests(items=[_told(one) for one in items], next_cursor=cursor))


def _get(call: Call[Nothing, None]) -> Reply:
    return _reply(call.services.store.get_access_request(call.path["id"]))


def _approve(call: Call[Nothing, Approval]) -> Reply:
    body = call.body
    approved, _ = acts.approve(
        call.act(), call.path["id"], consumer=body.consumer, days=body.days, **terms_of(body.terms)
    )
    return _reply(approved)


def _decline(call: Call[Nothing, Refusal]) -> Reply:
    return _reply(acts.decline(call.act(), call.path["id"], call.body.reason))


def _reply(request: domain.AccessRequest) -> Reply:
    return Reply(_told(request), request.version)


def _told(request: domain.AccessRequest) -> AccessRequest:
    return told(access_request_document(request), AccessRequest)


def _submit(call: Call[Nothing, NewAccessRequest]) -> Reply:
    if not call.services.takes_requests:
        raise ProblemError(Code.NOT_FOUND, "no operation is at this path")
    body, notify = call.body, call.services.told_of_requests
    act = replace(call.act(), actor=acts.STRANGER)
    acts.submit(
        act,
        name=body.name,
        email=body.email,
        api=body.api,
        purpose=body.purpose,
        address=call.address,
        notify=notify,
    )
    return Reply(Received())


OPERATIONS = (
    Operation(
        *("list_access_requests", "GET", _ALL, "List access requests", Role.VIEWER, _list),
        query=AccessRequestQuery,
        gives=AccessRequests,
    ),
    Operation(
        *("get_access_request", "GET", f"{_ALL}/{{id}}", "Show an access request", Role.VIEWER, _get),
        gives=AccessRequest,
        gives_etag=True,
    ),
    Operation(
        *("approve_access_request", "POST", f"{_ALL}/{{id}}/approve", "Invite whoever asked", Role.OPERATOR, _approve),
        takes=Approval,
        gives=AccessRequest,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
    Operation(
        *(
            "decline_access_request",
            "POST",
            f"{_ALL}/{{id}}/decline",
            "Decline, with a reason",
            Role.OPERATOR,
            _decline,
        ),
        takes=Refusal,
        gives=AccessRequest,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT, Code.INVALID_VALUE),
    ),
)

OPEN_OPERATIONS = (
    Operation(
        *("submit_access_request", "POST", _ALL, "Ask for an access key", None, _submit),
        takes=NewAccessRequest,
        gives=Received,
        status=202,
        writes=True,
        max_body=_MAX_REQUEST,
        problems=(Code.NOT_FOUND, Code.INVALID_VALUE, Code.TOO_MANY_ACCESS_REQUESTS),
    ),
)
"""For strangers. The answer says nothing that could not be known before."""
