"""From Envoy's question to the one that every proxy asks, and back.

What only the configuration can say comes as metadata of the call, where no client can put anything: the name of the
API, and that the body is there in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from inspect import isawaitable
from typing import Any, Final

from sealstamp.server.answers import Answer, new_request_id, problem
from sealstamp.server.deciding import API, decide
from sealstamp.server.dialects.dialect import BadDescriptionError, Described, Dialect, Values
from sealstamp.server.ext_authz.messages import CheckResponse, add_header
from sealstamp.server.listener.reading import Asked
from sealstamp.server.logs import Log
from sealstamp.server.reception import HOST, Reception

BODY: Final = b"x-sealstamp-body"
"""The metadata that says ``whole`` where the configuration has Envoy send bodies."""
_SCHEME, _AUTHORITY = b":scheme", b":authority"
_OK, _PERMISSION_DENIED = 0, 7  # codes of gRPC


def _describe(method: bytes, rest: bytes, values: Values) -> Described:
    if not method or not rest:
        raise BadDescriptionError("Envoy must send the method and the path")
    return Described(method, rest, values.get(_SCHEME, b"http"), values.get(_AUTHORITY))


GRPC: Final = Dialect("envoy-grpc", frozenset(), _describe, takes_rest=True, allowed=200)


class Checker:
    """Answers Envoy as a listener of decisions would."""

    def __init__(self, reception: Reception, log: Log) -> None:
        self._reception = reception
        self._log = log

    async def check(self, question: Any, metadata: Mapping[bytes, bytes]) -> Any:
        """Return what Envoy is to do."""
        http = question.attributes.request.http
        body = (http.raw_body or http.body) if metadata.get(BODY) == b"whole" else None
        asked = Asked(http.method, http.path, _headers(http, metadata))
        try:
            answer: Any = decide(self._reception, replace(GRPC, body=body), asked, http.path)
            return _response(await answer if isawaitable(answer) else answer)
        except Exception as error:  # an error of ours must not let anything in, and its locals may have secrets
            self._log.error("decision_failed", problem=type(error).__name__)
            return _response(problem(500, "internal_error", "the service has failed to decide", new_request_id()))


def _headers(http: Any, metadata: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Return the client's headers in their order, and what Envoy says beside them."""
    came = [(each.key.lower(), each.raw_value or each.value) for each in http.header_map.headers]
    headers = [field for field in came if field[0] not in (API, HOST) and field[0][:1] != b":"]
    headers += [(_SCHEME, http.scheme or b"http"), (_AUTHORITY, http.host)]
    return [*headers, (API, metadata[API])] if API in metadata else headers


def _response(answer: Answer) -> Any:
    if answer.status == GRPC.allowed:
        response = CheckResponse(status={"code": _OK}, ok_response={})
        told = response.ok_response.headers
    else:
        denied = {"status": {"code": answer.status}, "body": answer.body}
        response = CheckResponse(status={"code": _PERMISSION_DENIED}, denied_response=denied)
        told = response.denied_response.headers
    for name, value in answer.headers:
        add_header(told, name, value)
    return response
