"""Requests as clients really send them, each signed by that client's own library, and delivered as a server has them.

What is not signed is there too: the headers that boto3, and ``requests`` for the others, send by themselves. Requests
of one kind come from several access keys, and differ in path or body, in nonce and in signature; all are of a few
seconds, as on a service that has enough to do for its speed to matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import mohawk
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from oauthlib import oauth1

SECRETS = {f"AKIDEXAMPLE{number}": f"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKE{number}" for number in range(4)}
REGION = "us-east-1"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Delivered:
    """What a server hands to an application: header names in lower case, everything bytes, the target as it came.

    ``settings`` are those of the API, for both sides. ``now_ms`` is when it comes.
    """

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    settings: Mapping[str, str] = field(default_factory=dict)
    now_ms: int = field(default_factory=lambda: mohawk.util.utc_now() * 1000)


def url_of(number: int) -> str:
    return f"https://api.example.com/orders/{700 + number}?page={number}&sort=asc"


def key_of(number: int) -> tuple[str, str]:
    return [*SECRETS.items()][number % len(SECRETS)]


def body_of(number: int) -> bytes:
    return b'{"amount": %d, "currency": "EUR"}' % number


def _delivered(method: str, url: str, headers: Mapping[str, str | bytes], body: bytes, **settings: str) -> Delivered:
    parts = urlsplit(url)
    lines = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    written = [(k.encode(), v if isinstance(v, bytes) else v.encode()) for k, v in lines.items()]
    return Delivered(method.encode(), target.encode(), written, body, settings)


def _sent(url: str, headers: Mapping[str, str], body: bytes, **settings: str) -> Delivered:
    """Deliver what ``requests`` sends with these headers."""
    prepared = requests.Session().prepare_request(requests.Request("POST", url, headers, data=body))
    return _delivered("POST", url, prepared.headers, body, **settings)


def dynamodb(number: int) -> Delivered:
    """Return boto3's own request to put an item, caught before it goes out: four signed headers, of nine."""
    client, caught = _client(*key_of(number))
    client.put_item(TableName="orders", Item={"id": {"S": f"order-{number}"}, "amount": {"N": "1"}})
    request = caught.pop()
    return _delivered(request.method, request.url, request.headers, request.body, region=REGION, service="dynamodb")


@cache
def _client(access_key_id: str, secret: str) -> tuple[Any, list[Any]]:
    caught: list[Any] = []

    def catch(request: Any, **_: object) -> AWSResponse:
        caught.append(request)
        return AWSResponse(request.url, 200, {}, _Raw())

    client = boto3.client("dynamodb", REGION, aws_access_key_id=access_key_id, aws_secret_access_key=secret)
    client.meta.events.register("before-send", catch)
    return client, caught


class _Raw:
    def stream(self) -> list[bytes]:
        return [b"{}"]


def api_gateway(number: int) -> Delivered:
    """Return a request to an API of one's own, with a query, as botocore's signer signs it for ``requests``."""
    url, body = url_of(number), body_of(number)
    request = AWSRequest("POST", url, JSON, body)
    SigV4Auth(Credentials(*key_of(number)), "execute-api", REGION).add_auth(request)
    return _sent(url, dict(request.headers.items()), body, region=REGION, service="execute-api")


def hawk(number: int) -> Delivered:
    """Return what mohawk sends: its order of pairs, its nonce, the body's hash."""
    (access_key_id, secret), url, body = key_of(number), url_of(number), body_of(number)
    key = {"id": access_key_id, "key": secret, "algorithm": "sha256"}
    sender = mohawk.Sender(key, url, "POST", content=body, content_type=JSON["Content-Type"])
    return _sent(url, {**JSON, "Authorization": sender.request_header}, body)


def oauth(number: int) -> Delivered:
    """Return a form that oauthlib's client signs."""
    client = oauth1.Client(*key_of(number), signature_method=oauth1.SIGNATURE_HMAC_SHA256)
    body = f"amount={number}&currency=EUR&note=two+words"
    _, headers, _ = client.sign(url_of(number), "POST", body, FORM)
    return _sent(url_of(number), headers, body.encode())


def message(number: int) -> Delivered:
    """Return what http-message-signatures signs: method, authority, path, query and the body's digest."""
    (access_key_id, secret), url, body = key_of(number), url_of(number), body_of(number)
    prepared = requests.Session().prepare_request(requests.Request("POST", url, JSON, data=body))
    keys = MappingKeyResolver(public_keys={}, private_keys={access_key_id: secret.encode()})
    HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys).sign(
        prepared,
        key_id=access_key_id,
        covered_component_ids=("@method", "@authority", "@path", "@query"),
        nonce=f"5f1c9a02111122223333{number:02}",
        expires=datetime.now(UTC) + timedelta(minutes=5),
        body=body,
    )
    return _delivered("POST", url, prepared.headers, body)
