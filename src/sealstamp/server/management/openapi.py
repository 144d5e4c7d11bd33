"""The OpenAPI 3.1 document of the management API, made of the operations and of the very types they read and write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec

from sealstamp.errors import Reason, VerificationError
from sealstamp.resources.common import Problem, schema_of
from sealstamp.server.management.guard import PARAMETERS
from sealstamp.server.management.operations import Caller, IfMatch, Operation
from sealstamp.server.management.problems import STATUS, Code
from sealstamp.server.management.reading import MERGE_PATCH

_REF: Final = "#/components/schemas/{name}"
_PROBLEM_TYPE: Final = "application/problem+json"
_SIGNED: Final = "operatorKey"
_ABOUT: Final = f"""\
Manages what Sealstamp guards. Every request but a few is signed with an operator key, those below
`/v1/distributor` with a distributor's access key, by the scheme `sealstamp`
(region `{PARAMETERS["region"]}`, service `{PARAMETERS["service"]}`), which curl signs with
`--aws-sigv4 sealstamp:sealstamp:{PARAMETERS["region"]}:{PARAMETERS["service"]}`. Times are RFC 3339. Lists come by
pages. What writes may be sent again under the same `Idempotency-Key`."""
_SCHEME: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "SEALSTAMP4-HMAC-SHA256, with X-Sealstamp-Date, X-Sealstamp-Nonce and X-Sealstamp-Content-Sha256. "
    "Whatever is sent of Content-Type, If-Match and Idempotency-Key must be among the signed headers.",
}
_IDEMPOTENCY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A text of the caller's, such as a UUID: the same request under it acts once in 24 hours.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
_IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of the version to act upon, or *.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,15}")$'},
}
_HEADERS: Final = {"X-Request-Id": {"schema": {"type": "string"}, "description": "Names the answer in the log."}}
_ETAG: Final = {"ETag": {"schema": {"type": "string"}, "description": "The version, for If-Match."}}
_LOCATION: Final = {"Location": {"schema": {"type": "string"}, "description": "Where what was made is."}}

_WHO: Final = {
    Caller.DISTRIBUTOR: "For distributors: signed with an access key that has the scope `sealstamp:distribute`."
}


def document_of(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the document."""
    operations = tuple(operations)
    shapes = _shapes_of(operations)
    schemas, components = msgspec.json.schema_components(shapes, schema_hook=schema_of, ref_template=_REF)
    schemas_by_shape = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas_by_shape, components)
    used = {name: schema for name, schema in components.items() if name not in {q.query.__name__ for q in operations}}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {"title": "Sealstamp management API", "version": version("sealstamp"), "description": _ABOUT},
        "security": [{_SIGNED: []}],
        "paths": paths,
        "components": {"schemas": used, "securitySchemes": {_SIGNED: _SCHEME}},
    }


def _shapes_of(operations: Iterable[Operation]) -> list[Any]:
    found = [shape for one in operations for shape in (one.takes, one.gives, one.query) if shape is not None]
    return [*dict.fromkeys([*found, Problem])]


def _operation(one: Operation, schemas: Mapping[Any, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.path.split("/")[2]],
        "parameters": _parameters(one, components[one.query.__name__]),
        "responses": {str(one.status): _success(one, schemas), **_refusals(one, schemas[Problem])},
    }
    if one.role is None:
        told["security"] = []
    else:
        told["description"] = _WHO[one.role] if isinstance(one.role, Caller) else f"Needs the role {one.role}."
        told["x-sealstamp-role"] = one.role.value
    if one.takes is not None:
        types = ["application/json", *([MERGE_PATCH] if one.method == "PATCH" else [])]
        content = {name: {"schema": schemas[one.takes]} for name in types}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _parameters(one: Operation, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [piece[1:-1] for piece in one.path.split("/") if piece.startswith("{")]
    text = {"type": "string", "minLength": 1, "maxLength": 256}
    found: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": text} for name in names]
    required = query.get("required", ())
    for name, schema in query.get("properties", {}).items():
        found.append({"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)})
    if one.writes and one.role is not None:
        found.append(_IDEMPOTENCY)
    if one.if_match is not IfMatch.IGNORED:
        found.append({**_IF_MATCH, "required": one.if_match is IfMatch.REQUIRED})
    return found


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter that may be absent: nothing in a query says null."""
    return next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)


def _success(one: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    headers = {**_HEADERS, **(_ETAG if one.gives_etag else {}), **(_LOCATION if one.status == 201 else {})}
    told: dict[str, Any] = {"description": "Done.", "headers": headers}
    if one.gives is not None:
        told["content"] = {"application/json": {"schema": schemas[one.gives]}}
    return told


def _refusals(one: Operation, problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return every problem that an operation may answer with, by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes_of(one):
        by_status.setdefault(STATUS[code], []).append(code.value)
    if one.role is not None:
        for refusal in _refusal_classes():
            by_status.setdefault(refusal.status, []).append(refusal.public_reason.value)
    return {
        str(status): {
            "description": ", ".join(sorted(set(codes))),
            "headers": _HEADERS,
            "content": {_PROBLEM_TYPE: {"schema": problem}},
        }
        for status, codes in sorted(by_status.items())
    }


def codes_of(one: Operation) -> list[Code]:
    """Return the codes that an operation may be refused with: its own, and those that follow from what it takes."""
    codes = {*one.problems, Code.MALFORMED_REQUEST, Code.INVALID_REQUEST, Code.STORE_UNAVAILABLE, Code.BODY_TOO_LARGE}
    if one.takes is not None:
        codes.add(Code.UNSUPPORTED_MEDIA_TYPE)
    if "{" in one.path:
        codes.add(Code.NOT_FOUND)
    if one.role is not None:
        codes.add(Code.ROLE_TOO_LOW)
    if one.writes and one.role is not None:
        codes.add(Code.IDEMPOTENCY_KEY_REUSED)
    if "cursor" in one.query.__struct_fields__:
        codes.add(Code.INVALID_CURSOR)
    if one.if_match is not IfMatch.IGNORED:
        codes.add(Code.PRECONDITION_FAILED)
    if one.if_match is IfMatch.REQUIRED:
        codes.add(Code.PRECONDITION_REQUIRED)
    return sorted(codes)


def _refusal_classes() -> Iterable[type[VerificationError]]:
    """Return whatever the door may refuse a signature with."""
    found = [*VerificationError.__subclasses__()]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if getattr(kind, "public_reason", Reason.ACCEPTED) is not Reason.ACCEPTED]
