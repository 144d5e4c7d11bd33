"""``/v1/verify``: decisions for backends that ask, by the door that decides elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from typing import Any

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.managing import Manager
from tests.server.service import until
from tests.server.signing import BBX, Pair, as_query


@pytest.fixture(scope="module")
def pair(managed: Any) -> Pair:
    pair: Pair = managed[0].add_pair("shop")
    viewer = next(iter(managed[1].values()))
    until(lambda: viewer.call("POST", "/v1/verify", asked(pair)).json["allowed"], "the key to be known")
    return pair


def asked(pair: Pair, **more: Any) -> dict[str, Any]:
    """A rightly signed request, as a backend tells of it."""
    target = f"/shop/orders?{as_query(BBX.sign(pair))}"
    return {"method": "GET", "target": target, "headers": [["Host", "api.example.com"]], **more}


def decide(viewer: Manager, value: dict[str, Any]) -> Any:
    told = viewer.call("POST", "/v1/verify", value)
    assert told.status == 200, told.answer
    return told.json


def test_allowed(viewer: Manager, pair: Pair) -> None:
    """By host and path, or by the API's name, a request is decided about, and who signed is told."""
    for more in ({}, {"api": "shop"}, {"address": "203.0.113.7"}):
        told = decide(viewer, asked(pair, **more))
        assert (told["allowed"], told["reason"], told["status"], told["api"]) == (True, "accepted", 200, "shop")
        principal = {"access_key_id": pair.access_key_id, "consumer": "acme", "scheme": "bbx"}
        assert (told["principal"], told["answer"]) == (principal, None)


def test_refused_in_the_apis_own_words(viewer: Manager, pair: Pair) -> None:
    """The answer for the client is the API's; the reason tells nobody whether a key exists."""
    wrong = decide(viewer, asked(pair.with_other_secret()))
    unknown = decide(viewer, asked(Pair("nobody", "x")))
    assert [(one["allowed"], one["reason"]) for one in (wrong, unknown)] == [(False, "invalid_credentials")] * 2
    assert json.loads(wrong["answer"]["body"])["error"] == "authentication failed"
    assert ["content-type", "application/json"] in wrong["answer"]["headers"]
    assert wrong["status"] == wrong["answer"]["status"]


def test_replayed(viewer: Manager, pair: Pair) -> None:
    """What was accepted here is not accepted again, here or at the proxy's endpoint."""
    value = asked(pair)
    assert decide(viewer, value)["allowed"]
    assert decide(viewer, value)["reason"] == "nonce_replayed"
    lines = [("X-Original-Method", "GET"), ("X-Original-URI", value["target"])]
    assert viewer.service.get("/decide", lines).status == 401


def test_batch(viewer: Manager, pair: Pair) -> None:
    """Each is decided by itself, in order; of two with one nonce one is accepted."""
    twice = asked(pair)
    requests = [asked(pair), asked(pair.with_other_secret()), twice, twice, asked(pair, api="nothing")]
    told = viewer.call("POST", "/v1/verify/batch", {"requests": requests}).json["decisions"]
    reasons = [one["reason"] for one in told]
    assert reasons[:2] == ["accepted", "invalid_credentials"]
    assert sorted(reasons[2:4]) == ["accepted", "nonce_replayed"]
    assert (reasons[4], told[4]["status"], told[4]["api"]) == ("no_such_api", 404, None)


def test_large_batch(viewer: Manager, pair: Pair) -> None:
    """A thousand at once are decided, and one more is refused."""
    requests = [asked(pair) for _ in range(1000)]
    told = viewer.call("POST", "/v1/verify/batch", {"requests": requests}).json["decisions"]
    assert {one["reason"] for one in told} == {"accepted"}
    assert viewer.call("POST", "/v1/verify/batch", {"requests": [*requests, requests[0]]}).code == "invalid_request"
    assert viewer.call("POST", "/v1/verify/batch", {"requests": []}).code == "invalid_request"


def upload(body: bytes) -> dict[str, Any]:
    """A request that signs a digest of its body, and not the body itself."""
    headers = [(b"host", b"api.example.com")]
    request = Request(b"PUT", b"/settings/a", headers, body=body)
    signer = Signer(get_scheme("azure-appconfig"), Credential.of("uploader", "bXkgc2VjcmV0"))
    signed = signer.sign(request, time_ms=time.time_ns() // 1_000_000, nonce=secrets.token_hex(8)).apply(request)
    lines = [[name.decode(), value.decode()] for name, value in signed.headers]
    return {"method": "PUT", "target": "/settings/a", "headers": lines}


def test_bodies(viewer: Manager) -> None:
    """A signed digest is compared with the body, or with its digest; where neither came, the decision says so."""
    body = secrets.token_bytes(40)
    digest = hashlib.sha256(body).hexdigest()
    told = [
        decide(viewer, {**upload(body), **given})
        for given in (
            {},
            {"body": base64.b64encode(body).decode()},
            {"body_digests": {"sha256": digest}},
            {"body_digests": {"md5": "00"}},
            {"body": base64.b64encode(body + b"x").decode()},
            {"body_digests": {"sha256": digest[::-1]}},
        )
    ]
    assert [(one["reason"], one["body"]) for one in told] == [
        ("accepted", "unchecked"),
        ("accepted", "checked"),
        ("accepted", "checked"),
        ("accepted", "unchecked"),
        ("digest_mismatch", "unchecked"),
        ("digest_mismatch", "unchecked"),
    ]


def test_observed(viewer: Manager) -> None:
    """Where an API only observes, everything passes, without an identity."""
    told = decide(viewer, {"method": "GET", "target": "/watched", "headers": [["Host", "x"]]})
    assert (told["allowed"], told["reason"], told["principal"]) == (True, "not_enforced", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"target": "/nowhere"}, "no_such_api"),
        ({"target": "/shop/%2e%2e/settings"}, "ambiguous_path"),
        ({"headers": [["Host", "a"], ["Host", "b"]]}, "doubled_host"),
        ({"target": "/shop/\xff?\xff=\xff"}, "missing_credentials"),
        ({"headers": [["X", "\xff"]] * 1000, "target": "/shop"}, "missing_credentials"),
    ],
)
def test_odd_requests(viewer: Manager, pair: Pair, change: dict[str, Any], reason: str) -> None:
    """Whatever a client sent, there is a decision."""
    told = decide(viewer, asked(pair, **change))
    assert (told["allowed"], told["reason"]) == (False, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"target": "no-slash"},
        {"target": "/a b"},
        {"target": "/\u20ac"},
        {"method": "G T"},
        {"headers": [["a b", "c"]]},
        {"headers": [["a", "b\r\nc: d"]]},
        {"headers": [["a"]]},
        {"headers": {"a": "b"}},
        {"headers": [["a", "b"]] * 1001},
        {"body": "not base64!"},
        {"body_digests": {"sha256": "xyz"}},
        {"body_digests": {"crc": "00"}},
        {"scheme": "ftp"},
        {"more": 1},
    ],
)
def test_what_no_request_can_be(viewer: Manager, pair: Pair, change: dict[str, Any]) -> None:
    """What cannot have been received is the asker's mistake."""
    told = viewer.call("POST", "/v1/verify", asked(pair, **change))
    assert (told.status, told.code) == (400, "invalid_request")
