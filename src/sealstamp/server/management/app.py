"""The management API as an ASGI application: every operation at its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
from starlette.routing import Route, Router

from sealstamp.server.asgi import Application, Receive, Scope, Send
from sealstamp.server.mailing.messages import CLAIM_PATH
from sealstamp.server.management import (
    access_keys,
    access_requests,
    apis,
    apply,
    audit,
    consumers,
    distributor,
    invitations,
    mail,
    operators,
    plans,
    schemes,
    sub_consumers,
    sub_keys,
    usage,
    verify,
)
from sealstamp.server.management.claim_page import ClaimPage
from sealstamp.server.management.endpoint import Endpoint, not_found
from sealstamp.server.management.guard import Guard
from sealstamp.server.management.openapi import document_of
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.services import Services

SIGNED_OPERATIONS: tuple[Operation, ...] = (
    *apis.OPERATIONS,
    *consumers.OPERATIONS,
    *access_keys.OPERATIONS,
    *plans.OPERATIONS,
    *invitations.OPERATIONS,
    *access_requests.OPERATIONS,
    *mail.OPERATIONS,
    *schemes.OPERATIONS,
    *verify.OPERATIONS,
    *usage.OPERATIONS,
    *distributor.OPERATIONS,
    *sub_consumers.OPERATIONS,
    *sub_keys.OPERATIONS,
    *audit.OPERATIONS,
    *apply.OPERATIONS,
    *operators.OPERATIONS,
)


def _describe(_call: Call[Nothing, None]) -> Reply:
    return Reply(_document())


@cache
def _document() -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(document_of(OPERATIONS)))


OPERATIONS: tuple[Operation, ...] = (
    *SIGNED_OPERATIONS,
    *invitations.OPEN_OPERATIONS,
    *access_requests.OPEN_OPERATIONS,
    Operation(
        *("describe", "GET", "/v1/openapi.json", "Describe this API", None, _describe),
        gives=dict[str, Any],
    ),
)


def build_management(services: Services) -> Application:
    """Return the application, which is called for paths below ``/v1/``."""
    guard = Guard(services.store, services.sealer, services.directory, services.door)
    routes = [_route(path, Endpoint(several, services, guard)) for path, several in by_path(OPERATIONS)]
    routes.insert(0, _Route(CLAIM_PATH, ClaimPage(), methods=["GET", "HEAD"]))
    router = Router(routes, redirect_slashes=False, default=not_found)

    async def manage(scope: Scope, receive: Receive, send: Send) -> None:
        # The raw path is matched, and its segments are decoded afterwards: an access key id may have a slash in it.
        raw = {**scope, "path": scope["raw_path"].decode("latin-1"), "root_path": ""}
        await router(raw, receive, send)

    return manage


class _Route(Route):
    """A route whose endpoint answers every method.

    Of several routes that fit a path, one that takes the method comes first: a key may be called ``import``.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the endpoint."""
        await self.app(scope, receive, send)


def _route(path: str, endpoint: Endpoint) -> Route:
    return _Route(path, endpoint, methods=endpoint.methods)


def by_path(operations: Iterable[Operation]) -> Iterator[tuple[str, list[Operation]]]:
    """Yield every path with its operations."""
    ordered = sorted(operations, key=lambda one: one.path)
    return ((path, list(several)) for path, several in groupby(ordered, key=lambda one: one.path))
