"""The way of a request through the management API: path and method, signature, role, reading, act, answer."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError, SealstampError, StoreUnavailableError
from sealstamp.keys.distributors import Distributor, distributor_of
from sealstamp.keys.operators import Operator, Role
from sealstamp.resources.common import encode
from sealstamp.server.answers import REQUEST_ID, Answer, Answered, new_request_id, refusal_answer
from sealstamp.server.asgi import RawTargetMissingError, Receive, Scope, Send, request_of, send_answer
from sealstamp.server.management.guard import Guard, read_whole
from sealstamp.server.management.operations import Call, Caller, Operation, Reply, etag_of
from sealstamp.server.management.problems import Code, ProblemError, problem_of
from sealstamp.server.management.reading import read_body, read_if_match, read_path, read_query
from sealstamp.server.management.repeating import HEADER, Repetition, repetition_of
from sealstamp.server.management.services import Services

_ALWAYS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_JSON: Final = (b"content-type", b"application/json")
_ONCE: Final = frozenset([HEADER, b"if-match", b"content-type", b"content-encoding"])


class Endpoint:
    """Every operation at one path."""

    def __init__(self, operations: Iterable[Operation], services: Services, guard: Guard) -> None:
        self._operations = {operation.method: operation for operation in operations}
        self._services = services
        self._guard = guard
        self.methods = sorted([*self._operations, *(["HEAD"] if "GET" in self._operations else []), "OPTIONS"])
        self._allow = (b"allow", ", ".join(self.methods).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = new_request_id()
        answer = await self._answered(scope, receive, request_id)
        await send_finished(send, scope, answer, request_id)

    async def _answered(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        """Return the answer, whatever happens on the way to it."""
        try:
            return await self._answer(scope, receive, request_id)
        except ProblemError as problem:
            return problem.answer(request_id)
        except Answered as done:
            return done.answer
        except SealstampError as error:
            return self._refusal(error, request_id)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]  # its text could repeat what came
            facts = {"problem": type(error).__name__, "file": where.filename, "line": where.lineno}
            self._services.log.warning("management_failed", **facts, request_id=request_id)
            return ProblemError(Code.INTERNAL_ERROR, "the service failed; its log says more").answer(request_id)

    def _refusal(self, error: SealstampError, request_id: str) -> Answer:
        if isinstance(error, StoreUnavailableError):
            self._services.log.error("management_unavailable", problem=str(error), request_id=request_id)
        if isinstance(error, MalformedCredentialsError):
            return refusal_answer(error, None, request_id, self._services.now_ms())
        return problem_of(error).answer(request_id)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Answer:
        if scope["method"] == "OPTIONS":
            return Answer(204, [self._allow])
        operation = self._operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if operation is None:
            raise ProblemError(Code.METHOD_NOT_ALLOWED, "this path takes other methods", [self._allow])
        request = _read(scope)
        if operation.role is None:
            body = await read_whole(receive, operation.max_body)
            located = self._services.locator.at_gateway(scope, request)
            call = self._call(operation, None, request, body, scope["path_params"], request_id)
            call = replace(call, address=None if located is None else located.text)
            return await asyncio.to_thread(self._perform, operation, call, None)
        address = self._services.locator.at_gateway(scope, request)
        principal, body = await self._guard.admit(request, receive, operation.max_body, request_id, address)
        caller = await asyncio.to_thread(self._authorised, principal.access_key_id, operation.role)
        call = self._call(operation, caller, request, body, scope["path_params"], request_id)
        if operation.run_at_door is not None:
            return _told(operation, await operation.run_at_door(call))
        repetition = repetition_of(principal.access_key_id, request, body) if operation.writes else None
        return await asyncio.to_thread(self._perform, operation, call, repetition)

    def _authorised(self, access_key_id: str, needed: Role | Caller) -> Operator | Distributor:
        """Return the caller as the store has it now: a role or a scope that was taken away counts at once."""
        store = self._services.store
        operator = store.find_operator_by_key(access_key_id)
        if isinstance(needed, Caller):
            held = None if operator is not None else store.find_held_key(access_key_id)
            distributor = distributor_of(held, self._services.now_ms())
            if distributor is None:
                raise ProblemError(Code.ROLE_TOO_LOW, f"this is for a {needed}")
            return distributor
        if operator is None or not operator.is_usable(self._services.now_ms()) or not operator.role.covers(needed):
            raise ProblemError(Code.ROLE_TOO_LOW, f"this needs the role {needed}")
        return operator

    def _call(
        self,
        operation: Operation,
        caller: Operator | Distributor | None,
        request: Request,
        body: bytes,
        path: Mapping[str, str],
        request_id: str,
    ) -> Call[Any, Any]:
        return Call(
            services=self._services,
            operator=caller if isinstance(caller, Operator) else None,
            distributor=caller if isinstance(caller, Distributor) else None,
            request_id=request_id,
            now_ms=self._services.now_ms(),
            path=read_path(path),
            query=read_query(operation, request),
            body=read_body(operation, request, body),
            expected_version=read_if_match(operation, request),
        )

    def _perform(self, operation: Operation, call: Call[Any, Any], repetition: Repetition | None) -> Answer:
        """Carry an operation out; one that writes in a transaction, with its repetition."""
        assert operation.run is not None  # noqa: S101  # or it were run at the door
        if not operation.writes:
            return _told(operation, operation.run(call))
        store, sealer = self._services.store, self._services.sealer
        with store.transaction():
            if repetition is not None and (before := repetition.find(store, sealer, call.now_ms)):
                return before
            answer = _told(operation, operation.run(call))
            if repetition is not None:
                repetition.keep(store, sealer, answer, call.now_ms)
        return answer


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request to a path that has no operation."""
    request_id = new_request_id()
    answer = ProblemError(Code.NOT_FOUND, "no operation is at this path").answer(request_id)
    await send_finished(send, scope, answer, request_id)


async def send_finished(send: Send, scope: Scope, answer: Answer, request_id: str) -> None:
    """Send an answer with the headers that all have; to HEAD without its body."""
    headers = [line for line in answer.headers if line[0] != REQUEST_ID]
    headers += [*_ALWAYS, (REQUEST_ID, request_id.encode())]
    if answer.status != 204:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    body = b"" if scope["method"] == "HEAD" else answer.body
    await send_answer(send, Answer(answer.status, headers, body))


def _read(scope: Scope) -> Request:
    try:
        request = request_of(scope)
    except RawTargetMissingError:
        raise ProblemError(Code.INTERNAL_ERROR, "this server hides the raw target; use another") from None
    if not _ONCE.isdisjoint(request.header_fields[1]):
        raise ProblemError(Code.MALFORMED_REQUEST, "a header came more than once")
    return request


def _told(operation: Operation, reply: Reply) -> Answer:
    headers = []
    if reply.version is not None:
        headers.append((b"etag", etag_of(reply.version).encode()))
    if reply.location is not None:
        headers.append((b"location", reply.location.encode()))
    if operation.gives is None:
        return Answer(operation.status, headers)
    return Answer(operation.status, [_JSON, *headers], encode(reply.value))
