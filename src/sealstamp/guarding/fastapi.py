"""A FastAPI dependency.

::

    access_key = AccessKeySecurity(Guard("bbx", keys))

    @app.get("/orders")
    def orders(caller: Annotated[Principal, Security(access_key, scopes=["orders:read"])]): ...

FastAPI reads and parses a JSON body before it asks any dependency; the function behind the dependency still runs for
verified requests alone. With AccessKeyMiddleware of the same guard, nothing of an unverified body is parsed either, and
forms and streams can be verified too.
"""

# FastAPI reads the annotations of a dependency's __call__, and cannot resolve those that are text.

import json
from functools import partial
from typing import Final

from fastapi import HTTPException, Request, Response
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import ClientDisconnect

from sealstamp.core.places import Where
from sealstamp.core.scheme import SIGNATURE, Scheme
from sealstamp.core.verifier import Principal
from sealstamp.guarding.asgi import GUARD, PRINCIPAL, check_length, request_of
from sealstamp.guarding.base import BaseGuard
from sealstamp.guarding.refusing import refuse, too_large
from sealstamp.server.answers import Answered

_IN: Final = {Where.HEADER: APIKeyIn.header, Where.QUERY: APIKeyIn.query}


class AccessRefusedError(HTTPException):
    """A refusal. ``code`` is stable: one of the reasons, or what keeps the request from being verified here.

    FastAPI answers with ``{"detail": …}`` around the refusal; ``answer_refusal`` answers as the scheme's API does.
    """

    def __init__(self, done: Answered) -> None:
        answer = done.answer
        headers = {name.decode(): value.decode() for name, value in answer.headers if name != b"content-type"}
        super().__init__(answer.status, json.loads(answer.body) if answer.body else None, headers)
        self.code = done.reason
        self.answer = answer


async def answer_refusal(_request: Request, refused: Exception) -> Response:
    """Answer with the refusal alone: ``app.add_exception_handler(AccessRefusedError, answer_refusal)``."""
    assert isinstance(refused, AccessRefusedError)  # noqa: S101  # it handles nothing else
    response = Response(refused.answer.body, refused.status_code)
    response.raw_headers += [pair for pair in refused.answer.headers if pair[0] != b"content-length"]
    return response


class AccessKeySecurity(SecurityBase):
    """Gives a function the Principal who signed, or refuses with AccessRefusedError.

    The scopes that ``Security`` names must all be the key's. What AccessKeyMiddleware with the same guard has admitted
    is not verified again. ``name`` is what the security scheme is called in the application's OpenAPI document, where
    it stands at the place in which the signature travels.
    """

    def __init__(self, guard: BaseGuard, *, name: str = "AccessKey", description: str | None = None) -> None:
        self._guard = guard
        self.scheme_name = name
        self.model = _described(guard.schemes[0], description)

    async def __call__(self, request: Request, security_scopes: SecurityScopes) -> Principal:
        """Return who signed. Raises AccessRefusedError."""
        try:
            return self._guard.require(await self._admitted(request), security_scopes.scopes)
        except Answered as done:
            raise AccessRefusedError(done) from None

    async def _admitted(self, request: Request) -> Principal | None:
        scope = request.scope
        if scope.get(GUARD) is self._guard:
            admitted: Principal | None = scope[PRINCIPAL]
            return admitted
        reading = partial(_read, request)
        principal, _ = await self._guard.admit(request_of(scope), scope.get("client"), reading)
        scope[PRINCIPAL], scope[GUARD] = principal, self._guard
        return principal


async def _read(request: Request, limit: int) -> bytes:
    """Return the whole body, and leave it where whoever comes next finds it. Raises Answered."""
    check_length(request.scope, limit)
    pieces, size = [], 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise too_large(limit)
            pieces.append(piece)
    except ClientDisconnect:
        raise refuse(400, "body_incomplete", "the body ended before it was whole") from None
    except RuntimeError:
        title = "the body was consumed before it could be verified; put AccessKeyMiddleware around the application"
        raise refuse(500, "body_consumed", title) from None
    request._body = b"".join(pieces)  # noqa: SLF001  # where Request.body() itself puts it
    return request._body  # noqa: SLF001


def _described(scheme: Scheme, description: str | None) -> APIKey:
    """Return what OpenAPI says of a scheme: where its signature travels, and in words what else does."""
    carrier = next(one for one in scheme.carriers if SIGNATURE in one.carried)
    place = next((one for one in carrier.places if one.where in _IN), None)
    told = "; ".join(f"{', '.join(one.carried)} in {' or '.join(map(str, one.places))}" for one in scheme.carriers)
    return APIKey.model_validate(
        {
            "in": APIKeyIn.header if place is None else _IN[place.where],
            "name": "Authorization" if place is None else place.name,
            "description": description or f"Each request is signed, as {scheme.title} says: {told}.",
        }
    )
