"""What every guard does with a request, wherever its keys are from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from sealstamp.core.request import Request
from sealstamp.core.verifier import Principal
from sealstamp.keys.snapshot import GuardedApi
from sealstamp.server.answers import new_request_id
from sealstamp.server.bodies import BodyUnderCheck
from sealstamp.server.door import Door
from sealstamp.server.eager import begin
from sealstamp.server.locating import Locator

ReadBody = Callable[[int], Awaitable[bytes]]
"""Reads the whole body of at most so many bytes. Raises Answered for a larger one."""
Admitted = tuple[Principal | None, bytes | None]
"""Who signed, None where the API lets unsigned requests pass; and the body, where it was read."""

T = TypeVar("T")
Ask = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Has the door's work done where the door is."""


class Desk(NamedTuple):
    """Who decides about an application's requests: its API as it is now, and how the door is asked.

    ``max_body`` is how many bytes a body that is signed may have.
    """

    guarded: GuardedApi
    door: Door
    locator: Locator
    ask: Ask
    max_body: int


async def decide(desk: Desk, request: Request, peer: Any, read_body: ReadBody) -> Admitted:
    """Return who signed, and the body where it was read. Raises Answered, with the refusal.

    ``request`` has its body only where there is none to come. ``peer`` is the connection's other end, as in an ASGI
    scope: its address first, or None.
    """
    guarded, door, locator, ask, max_body = desk
    request_id = new_request_id()
    address = locator.at_gateway({"client": peer}, request)
    if request.body is None and guarded.may_need_body and guarded.reads_body(request):
        request = with_body(request, await read_body(max_body))
    principal, under_check = await ask(door.admit(guarded, request, request_id, address))
    body = request.body
    if under_check is not None:
        body = await read_body(max_body)
        await ask(_compare(under_check, body))
    return principal, body


def decide_blocking(desk: Desk, request: Request, peer: Any, read_body: Callable[[int], bytes]) -> Admitted:
    """Do what ``decide`` does where there is no event loop; the desk's ``ask`` blocks, if it has to wait."""

    async def read(limit: int) -> bytes:
        return read_body(limit)

    outcome = begin(decide(desk, request, peer, read))
    assert isinstance(outcome, tuple)  # noqa: S101  # none of these waits in this thread
    return outcome


async def ask_here(work: Coroutine[Any, Any, T]) -> T:
    """Do the door's work where the request is."""
    return await work


def with_body(request: Request, body: bytes) -> Request:
    """Return a request with its body."""
    return Request(
        request.method,
        request.target,
        request.headers,
        scheme=request.scheme,
        body=body,
        fields=request.header_fields,
    )


async def _compare(under_check: BodyUnderCheck, body: bytes) -> None:
    async for _ in under_check.through(_whole(body)):
        pass


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body
