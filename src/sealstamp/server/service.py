"""The ASGI application: control endpoints, the decision endpoint, and the gateway.

``/healthz``, ``/readyz``, ``/metrics`` and ``/decide`` belong to Sealstamp, except on a host that an API claims by
name: there every path is the API's. ``/metrics`` and ``/decide`` answer trusted addresses only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from sealstamp.core.request import Request
from sealstamp.errors import MalformedCredentialsError, Refusal, StoreUnavailableError, VerificationError
from sealstamp.keys.replay import ReplayGuard
from sealstamp.keys.routing import AmbiguousPathError
from sealstamp.keys.snapshot import GuardedApi, Snapshot
from sealstamp.server.answers import REQUEST_ID, Answer, json_answer, new_request_id, problem, refusal_answer
from sealstamp.server.asgi import (
    BodyTooLargeError,
    ClientGoneError,
    RawTargetMissingError,
    Receive,
    Scope,
    Send,
    read_body,
    request_of,
    send_answer,
)
from sealstamp.server.directory import Directory
from sealstamp.server.door import Door
from sealstamp.server.gateway import Gateway
from sealstamp.server.identity import identity_headers
from sealstamp.server.metrics import Metrics
from sealstamp.server.settings import Settings
from sealstamp.server.trust import Trust

_DESCRIPTION = frozenset([b"x-original-uri", b"x-original-method", b"x-forwarded-proto"])
Control = Callable[[Scope], Awaitable[Answer]]


class Service:
    """One worker's application, with everything it needs already open."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        door: Door,
        gateway: Gateway,
        metrics: Metrics,
        replay: ReplayGuard,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._door = door
        self._gateway = gateway
        self._metrics = metrics
        self._replay = replay
        self._trust = Trust(settings.trusted_addresses)
        self._controls: dict[bytes, Control] = {
            b"/decide": self._decide,
            b"/healthz": self._healthz,
            b"/readyz": self._readyz,
            b"/metrics": self._render_metrics,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever bytes came, the answer is an HTTP answer."""
        control = self._controls.get(scope.get("raw_path", b""))
        if control is not None and not self._claims_host(scope):
            await send_answer(send, await control(scope))
            return
        try:
            await self._guard(scope, receive, send)
        except ClientGoneError:
            return

    def _claims_host(self, scope: Scope) -> bool:
        """Tell whether an API claims this request's host by name, so that the path is its own."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        with suppress(StoreUnavailableError):
            return self._directory.current.routes.names_host(host.partition(b":")[0])
        return False

    # control

    async def _healthz(self, _scope: Scope) -> Answer:
        return json_answer(200, {"status": "ok"})

    async def _readyz(self, _scope: Scope) -> Answer:
        """Not ready: the store is silent, or a request signed now would be older than the replay guard."""
        try:
            _ = self._directory.current
        except StoreUnavailableError as error:
            return json_answer(503, {"status": "unavailable", "problem": str(error)})
        # Clients that stamp whole seconds stamp up to a second behind.
        if self._door.now_ms() - 1000 <= self._replay.trusted_from_ms:
            return json_answer(503, {"status": "starting", "problem": "the replay guard is younger than a second"})
        return json_answer(200, {"status": "ready"})

    async def _render_metrics(self, scope: Scope) -> Answer:
        if not self._trust.covers(scope):
            return _not_here()
        headers = [(b"content-type", b"text/plain; version=0.0.4"), (REQUEST_ID, new_request_id().encode())]
        return Answer(200, headers, self._metrics.render())

    # deciding for a proxy

    async def _decide(self, scope: Scope) -> Answer:
        """Decide about the request that a trusted proxy describes in X-Original-Method and X-Original-URI."""
        if not self._trust.covers(scope):
            return _not_here()
        request_id = new_request_id()
        try:
            request = _described(scope)
            guarded = self._find(request)
        except (VerificationError, StoreUnavailableError) as refusal:
            return refusal_answer(refusal, None, request_id, self._door.now_ms())
        except AmbiguousPathError as error:
            return problem(403, "ambiguous_path", str(error), request_id)
        if guarded is None:
            return problem(403, "no_such_api", "no API is configured for this host and path", request_id)
        try:
            principal = await self._door.admit(guarded, request, request_id)
        except (VerificationError, StoreUnavailableError) as refusal:
            return self._refuse(guarded, refusal, request_id)
        headers = [] if principal is None else identity_headers(principal)
        return Answer(204, [*headers, (REQUEST_ID, request_id.encode())])

    # guarding

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_request_id()
        refused = problem(400, "bad_request", "the request cannot be read", request_id)
        try:
            request = request_of(scope)
            guarded = self._find(request)
        except AmbiguousPathError as error:
            refused = problem(400, "ambiguous_path", str(error), request_id)
        except (VerificationError, StoreUnavailableError) as refusal:
            refused = refusal_answer(refusal, None, request_id, self._door.now_ms())
        except RawTargetMissingError:
            refused = problem(500, "raw_target_missing", "this server hides the raw target; use another", request_id)
        else:
            if guarded is not None:
                await self._pass(guarded, request, request_id, scope, receive, send)
                return
            refused = problem(404, "no_such_api", "no API is configured for this host and path", request_id)
        await send_answer(send, refused)

    async def _pass(
        self, guarded: GuardedApi, request: Request, request_id: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        answer = _unsupported(guarded, request, request_id)
        if answer is None:
            try:
                if guarded.needs_body:
                    request = request_of(scope, await read_body(receive, self._settings.max_body))
                principal = await self._door.admit(guarded, request, request_id)
            except (VerificationError, StoreUnavailableError) as refusal:
                answer = self._refuse(guarded, refusal, request_id)
            except ClientGoneError:
                answer = problem(400, "body_incomplete", "the body ended before it was whole", request_id)
            except BodyTooLargeError:
                answer = problem(413, "body_too_large", "the body is larger than may be verified", request_id)
            else:
                assert guarded.api.upstream is not None  # noqa: S101  # _unsupported has refused otherwise
                await self._gateway.forward(guarded.api.upstream, request, principal, request_id, scope, receive, send)
                return
        await send_answer(send, answer)

    def _find(self, request: Request) -> GuardedApi | None:
        if b"host" in request.header_fields[1]:
            raise AmbiguousPathError("the Host header came more than once")
        snapshot: Snapshot = self._directory.current
        return snapshot.routes.find(request.host, request.path)

    def _refuse(self, guarded: GuardedApi, refusal: Refusal, request_id: str) -> Answer:
        return refusal_answer(refusal, guarded.responses, request_id, self._door.now_ms())


def _described(scope: Scope) -> Request:
    """Return the request that the proxy asks about, from the headers it sets; the client's own come along."""
    headers = scope["headers"]
    fields = dict(headers)
    target, method = fields.get(b"x-original-uri", b""), fields.get(b"x-original-method", b"")
    if not method or not target.startswith(b"/"):
        raise MalformedCredentialsError("the proxy must send X-Original-Method and X-Original-URI")
    request = Request(method, target, headers, scheme=fields.get(b"x-forwarded-proto", b"http"))
    if not _DESCRIPTION.isdisjoint(request.header_fields[1]):
        raise MalformedCredentialsError("the proxy passed on a client's own description of the request")
    return request


def _unsupported(guarded: GuardedApi, request: Request, request_id: str) -> Answer | None:
    if request.header_fields[0].get(b"transfer-encoding", b"chunked").lower() != b"chunked":
        return problem(501, "coding_not_supported", "no transfer coding but chunked passes this gateway", request_id)
    if request.header(b"upgrade").lower() == b"websocket":
        return problem(501, "websocket_not_supported", "WebSocket upgrades do not pass this gateway", request_id)
    if guarded.api.upstream is None:
        return problem(404, "no_upstream", "this API has no upstream; ask /decide about its requests", request_id)
    return None


def _not_here() -> Answer:
    return problem(404, "not_found", "nothing is here", new_request_id())
