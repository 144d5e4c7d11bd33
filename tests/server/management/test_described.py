"""The service does what its OpenAPI document says: requests made from the document, valid and broken ones."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.keys.operators import Role
from sealstamp.schemes import get_scheme
from sealstamp.server.management.app import OPERATIONS
from sealstamp.server.management.openapi import document_of
from tests.server.managing import Manager
from tests.server.service import Service
from tests.server.signing import Pair

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
CONFIG = schemathesis.Config.from_dict(
    {"seed": 1, "phases": {"coverage": {"enabled": False}, "examples": {"enabled": False}}}
)
SCHEMA = schemathesis.openapi.from_dict(document_of(OPERATIONS), config=CONFIG)


def test_document_is_openapi() -> None:
    """Every reference leads somewhere, every operation has a name of its own, and answers that are described."""
    document = document_of(OPERATIONS)
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    schemas = document["components"]["schemas"]
    wanted = {ref.removeprefix("#/components/schemas/") for ref in _references(document)}
    assert wanted == set(schemas)
    assert all(one["responses"] for path in document["paths"].values() for one in path.values())


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [
            *([value["$ref"]] if "$ref" in value else []),
            *(ref for one in value.values() for ref in _references(one)),
        ]
    return [ref for one in value for ref in _references(one)] if isinstance(value, list) else []


@SCHEMA.parametrize()
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: schemathesis.Case, admin: Manager, distributor: Manager) -> None:
    """Whatever is sent, the status, the type and the shape of the answer are those of the document."""
    caller = distributor if case.operation.path.startswith("/v1/distributor") else admin
    case.call_and_validate(base_url=admin.service.origin, checks=list(CHECKS), auth=Signed(caller))


@pytest.fixture(scope="module")
def distributor(managed: tuple[Service, dict[Role, Manager]]) -> Manager:
    """Somebody with sub keys of their own, and none of them with an id that the tool would guess."""
    admin = managed[1][Role.ADMIN]
    admin.call("POST", "/v1/consumers", {"name": "described"})
    scopes = ["sealstamp:distribute"]
    made = admin.call("POST", "/v1/access-keys", {"consumer": "described", "apis": ["shop"], "scopes": scopes}).json
    return Manager(admin.service, Pair(made["access_key_id"], made["secret"]))


class Signed:
    """Signs what the tool sends."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def __call__(self, request: Any) -> Any:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        request.headers.pop("Authorization", None)
        given = {name.lower(): value for name, value in request.headers.items() if name.lower() in SIGNED_TOO}
        given = {name: value if isinstance(value, str) else value.decode("latin-1") for name, value in given.items()}
        given["host"] = request.url.split("/")[2]
        lines = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        made = Request(request.method.encode(), request.path_url.encode(), lines, body=body)
        pair = self._manager.pair
        scheme = get_scheme("sealstamp", {"service": "management"})
        signed = Signer(scheme, Credential.of(pair.access_key_id, pair.secret)).sign(
            made,
            time_ms=time.time_ns() // 1_000_000,
            nonce=secrets.token_hex(16),
            values={"signed_headers": ";".join(sorted([*given, *OWN]))},
        )
        request.headers.update(signed.headers)
        return request


SIGNED_TOO = ("content-type", "idempotency-key", "if-match")
OWN = ("x-sealstamp-content-sha256", "x-sealstamp-date", "x-sealstamp-nonce")
