"""Django middleware, with its guard from the settings.

::

    MIDDLEWARE = ["sealstamp.guarding.django.AccessKeyMiddleware", …]
    SEALSTAMP = {"schemes": "bbx", "keys": "shop.keys.find", "exempt": ["/healthz"]}

``SEALSTAMP`` has the arguments of Guard, and ``exempt``; ``keys`` may be the dotted name of a function or a mapping.
Without ``keys``, they are the arguments of ``sealstamp.guarding.store.open_guard``.
Who signed is ``request.access_key``, a Principal; None at an exempt path. All of it works under WSGI and under ASGI,
with views of both kinds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from sealstamp.core.request import Request
from sealstamp.core.verifier import Principal
from sealstamp.errors import ConfigurationError
from sealstamp.guarding import asgi, wsgi
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.guard import Guard
from sealstamp.guarding.refusing import refuse, too_large
from sealstamp.server.answers import Answered

View = TypeVar("View", bound=Callable[..., Any])


class AccessKeyMiddleware:
    """Lets through what the guard of the settings admits. Raises ConfigurationError for settings that cannot be."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._guard = guard_of_settings()
        self._exempt = frozenset(_settings().get("exempt", ()))
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer one request, or have the view do it."""
        request.access_key = None
        if self._is_async:
            return self._answer_later(request)
        try:
            if not self._is_exempt(request):
                admit(self._guard, request)
        except Answered as done:
            return response_of(done)
        response: HttpResponse = self._get_response(request)
        return response

    async def _answer_later(self, request: HttpRequest) -> HttpResponse:
        try:
            if not self._is_exempt(request):
                await admit_async(self._guard, request)
        except Answered as done:
            return response_of(done)
        response: HttpResponse = await self._get_response(request)
        return response

    def _is_exempt(self, request: HttpRequest) -> bool:
        path = _request_of(request).path.decode("latin-1")
        return path in self._exempt and request.path == path


def admit(guard: BaseGuard, request: HttpRequest) -> Principal | None:
    """Return who signed, None where nobody has to, and leave it on the request. Raises Answered."""
    principal, _ = guard.admit_blocking(_request_of(request), _peer(request), lambda limit: _read(request, limit))
    request.access_key = principal
    return principal


async def admit_async(guard: BaseGuard, request: HttpRequest) -> Principal | None:
    """Do what ``admit`` does, in the event loop."""

    async def read(limit: int) -> bytes:
        return _read(request, limit)  # Django has it already, in memory or in a file

    principal, _ = await guard.admit(_request_of(request), _peer(request), read)
    request.access_key = principal
    return principal


def require(*scopes: str) -> Callable[[View], View]:
    """Refuse a view to keys that lack one of ``scopes``, and to who did not sign."""

    def refusal(request: HttpRequest) -> HttpResponse | None:
        try:
            guard_of_settings().require(request.access_key, scopes)
        except Answered as done:
            return response_of(done)
        return None

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **named: Any) -> Any:
            return refusal(request) or view(request, *args, **named)

        @wraps(view)
        async def guarded_later(request: HttpRequest, *args: Any, **named: Any) -> Any:
            return refusal(request) or await view(request, *args, **named)

        return guarded_later if iscoroutinefunction(view) else guarded  # type: ignore[return-value]  # as the view is

    return decorate


def response_of(done: Answered) -> HttpResponse:
    """Return a refusal as Django answers it."""
    answer = done.answer
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        response[name.decode("latin-1")] = value.decode("latin-1")
    return response


@cache
def guard_of_settings() -> BaseGuard:
    """Return the one guard of this process. Raises ConfigurationError, also where its server cannot be guarded."""
    wsgi.check_server()
    given = {name: value for name, value in _settings().items() if name != "exempt"}
    if isinstance(given.get("keys"), str):
        given["keys"] = import_string(given["keys"])
    try:
        return Guard(**given) if "keys" in given else _guard_of_store(given)
    except TypeError as error:
        hint = "give the arguments of Guard or, without keys, of open_guard, and exempt"
        raise ConfigurationError("setting SEALSTAMP", str(error), hint) from None


def _guard_of_store(given: dict[str, Any]) -> BaseGuard:
    from sealstamp.guarding.store import open_guard  # it needs what the service does

    return open_guard(**given)


def _settings() -> dict[str, Any]:
    given = getattr(settings, "SEALSTAMP", None)
    if not isinstance(given, dict):
        raise ConfigurationError("setting SEALSTAMP", "it is no dict", "give the arguments of Guard: schemes, keys")
    return given


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "SEALSTAMP":
        guard_of_settings.cache_clear()


setting_changed.connect(_forget)


def _request_of(request: HttpRequest) -> Request:
    """Return a request as it was received, whichever interface it came by. Raises Answered."""
    scope = getattr(request, "scope", None)
    return wsgi.request_of(request.environ) if scope is None else asgi.request_of(scope)


def _peer(request: HttpRequest) -> tuple[str]:
    return (request.META.get("REMOTE_ADDR", ""),)


def _read(request: HttpRequest, limit: int) -> bytes:
    """Return the body that Django gives the view. Raises Answered."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    if told.isascii() and told.isdigit() and int(told[:20]) > limit:
        raise too_large(limit)
    try:
        body: bytes = request.body
    except Exception as error:  # Django has an error for each way of not having it
        title = f"the body cannot be read: {type(error).__name__}"
        raise refuse(400, "body_incomplete", title) from None
    if len(body) > limit:
        raise too_large(limit)
    return body
