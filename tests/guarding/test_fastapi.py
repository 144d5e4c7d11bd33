"""What FastAPI adds: scopes, its own bodies, its OpenAPI document, and the middleware beside the dependency."""

from __future__ import annotations

import json

from fastapi import FastAPI

from sealstamp import Request
from sealstamp.guarding import Guard
from sealstamp.guarding.asgi import AccessKeyMiddleware
from sealstamp.guarding.fastapi import AccessKeySecurity, AccessRefusedError, answer_refusal
from tests.guarding.apps.fastapis import access_key, app
from tests.guarding.calling import call
from tests.guarding.keys import credential, signed
from tests.guarding.serving import outcome


def posted(target: str, body: bytes, kind: str) -> Request:
    """A signed request with a body of a kind."""
    request = signed(target, method="POST", body=body)
    lines = [(name, kind.encode() if name == b"content-type" else value) for name, value in request.headers]
    return Request(request.method, request.target, lines, scheme=b"http", body=body)


def test_scopes_are_the_keys() -> None:
    """A key that lacks one is refused for that; one that has it passes."""
    assert outcome(call(app, signed("/scoped"))) == (403, "permission_denied")
    assert call(app, signed("/scoped", by=credential("writer"))).json() == "writer"


def test_a_body_that_fastapi_parses_is_verified_too() -> None:
    """The function runs for the body that was signed, and for no other."""
    assert call(app, posted("/model", b'{"item": "tea"}', "application/json")).json() == {"item": "tea", "by": "reader"}
    forged = posted("/model", b'{"item": "tea"}', "application/json")
    forged.body = b'{"item": "two"}'
    assert outcome(call(app, forged)) == (400, "digest_mismatch")


def test_a_form_that_was_consumed_is_refused() -> None:
    """Nobody can tell any more what came; the answer says what to do. With the middleware around, it is verified."""
    request = posted("/form", b"item=tea", "application/x-www-form-urlencoded")
    answer = call(app, request)
    assert outcome(answer) == (500, "body_consumed")
    assert b"AccessKeyMiddleware" in answer.body


def test_what_the_middleware_has_admitted_is_not_verified_again() -> None:
    """A nonce passes once, so a second look would refuse; another guard does look."""
    whole = AccessKeyMiddleware(app, access_key._guard)
    assert call(whole, posted("/form", b"item=tea", "application/x-www-form-urlencoded")).json() == "reader: tea"
    other = AccessKeyMiddleware(app, Guard("taurusx", {"reader": "the-secret-of-reader"}))
    assert outcome(call(other, signed("/orders", scheme="taurusx"))) == (200, "")
    assert outcome(call(other, signed("/orders"))) == (401, "missing_credentials")


def test_the_document_says_where_the_signature_travels() -> None:
    """Each guarded path names the security scheme, with its scopes."""
    document = app.openapi()
    described = document["components"]["securitySchemes"]["AccessKey"]
    assert (described["type"], described["in"], described["name"]) == ("apiKey", "header", "Authorization")
    assert "header X-Amz-Date" in described["description"]
    assert document["paths"]["/scoped"]["get"]["security"] == [{"AccessKey": ["orders:write"]}]
    assert "security" not in document["paths"]["/healthz"]["get"]
    in_query = AccessKeySecurity(Guard("bbx", {}), description="As agreed.").model
    assert (in_query.in_.value, in_query.name, in_query.description) == ("query", "Signature", "As agreed.")


def test_refusals_can_be_answered_as_the_scheme_does() -> None:
    """With the handler, the answer is the one that the service itself gives."""
    answered = FastAPI()
    answered.include_router(app.router)
    answered.add_exception_handler(AccessRefusedError, answer_refusal)
    answer = call(answered, Request(b"GET", b"/orders", [(b"host", b"api.test")], scheme=b"http"))
    assert (answer.status, answer.json()["code"]) == (401, "missing_credentials")
    assert answer.header("content-type") == "application/problem+json"
    assert answer.header("www-authenticate") == "AccessKey"


def test_a_client_that_goes_away_ends_nothing_else() -> None:
    """A body that never becomes whole is no error of the application."""
    request = signed("/orders", method="POST", body=b"one")
    answer = call(app, request, cut=True)
    assert outcome(answer) == (400, "body_incomplete")


def test_the_docs_page_is_served() -> None:
    """It needs no signature, and leads to the document."""
    page = call(app, Request(b"GET", b"/docs", [(b"host", b"api.test")], scheme=b"http"))
    assert (page.status, b"/openapi.json" in page.body) == (200, True)
    document = json.loads(call(app, Request(b"GET", b"/openapi.json", [(b"host", b"api.test")], scheme=b"http")).body)
    assert document["openapi"].startswith("3.")
