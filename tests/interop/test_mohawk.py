"""mohawk signs and verifies Hawk."""

from __future__ import annotations

import time

import mohawk
import pytest
import requests

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.interop.gateway import Gateway, Guarded, new_secret

HAWK = Guarded("hawk", "hawk.example", "dh37fgj492je", new_secret(32))
STRICT = Guarded("hawk", "strict.hawk.example", "dh37fgj492jf", new_secret(32), {"body_hash": "required"})
GUARDED = [HAWK, STRICT]
KIND = "application/json; charset=utf-8"
BODY = '{"name": "größe"}'.encode()


def credentials(api: Guarded, secret: str) -> dict[str, str]:
    return {"id": api.access_key_id, "key": secret, "algorithm": "sha256"}


@pytest.mark.parametrize("api", [HAWK, STRICT], ids=["hash-optional", "hash-required"])
@pytest.mark.parametrize("more", [{}, {"ext": "some-app-data"}, {"app": "an-app", "dlg": "a-delegate"}])
@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("POST", BODY)])
def test_mohawk_signs(gateway: Gateway, api: Guarded, more: dict[str, str], method: str, body: bytes) -> None:
    url = gateway.url(api) + "/resource/1%20a?b=1&a=x+y"

    def call(secret: str) -> None:
        kind = KIND if body else ""
        sender = mohawk.Sender(credentials(api, secret), url, method, content=body, content_type=kind, **more)
        headers = {"Authorization": sender.request_header, **({"Content-Type": kind} if kind else {})}
        requests.request(method, url, data=body, headers=headers, timeout=60).raise_for_status()

    gateway.prove(api, call)


def test_mohawk_signs_without_the_body(gateway: Gateway) -> None:
    url = gateway.url(HAWK) + "/unhashed"

    def call(secret: str) -> None:
        sender = mohawk.Sender(credentials(HAWK, secret), url, "POST", always_hash_content=False)
        headers = {"Authorization": sender.request_header, "Content-Type": KIND}
        requests.post(url, data=BODY, headers=headers, timeout=60).raise_for_status()

    gateway.prove(HAWK, call)


@pytest.mark.parametrize("parameters", [{}, {"ext": "some-app-data", "app": "an-app", "dlg": "a-delegate"}])
def test_mohawk_verifies(parameters: dict[str, str]) -> None:
    headers = [(b"host", b"example.com:8000"), (b"content-type", KIND.encode())]
    request = Request(b"POST", b"/resource/1?b=1&a=2", headers, scheme=b"http", body=BODY)
    signer = Signer(get_scheme("hawk", parameters), Credential.of(HAWK.access_key_id, HAWK.secret))
    header = (
        signer.sign(request, time_ms=int(time.time() * 1000), nonce="j4h3g2").apply(request).header(b"authorization")
    )

    def receive(secret: str, body: bytes) -> mohawk.Receiver:
        url = "http://example.com:8000/resource/1?b=1&a=2"
        found = credentials(HAWK, secret)
        return mohawk.Receiver(lambda _: found, header.decode(), url, "POST", content=body, content_type=KIND)

    assert receive(HAWK.secret, BODY).resource.ext == parameters.get("ext")
    with pytest.raises(mohawk.exc.MacMismatch):
        receive(HAWK.other_secret, BODY)
    with pytest.raises(mohawk.exc.MisComputedContentHash):
        receive(HAWK.secret, BODY + b" ")
