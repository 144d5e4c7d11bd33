"""The Qiniu SDK's credentials, through requests as the SDK itself uses them."""

import pytest
import requests
from qiniu.auth import Auth, QiniuMacAuth, QiniuMacRequestsAuth, RequestsAuth

from tests.interop.gateway import Gateway, Guarded, new_secret

V2 = Guarded("qiniu-v2", "rs.qiniuapi.com", "qiniu-ak-v2", new_secret())
QBOX = Guarded("qiniu-qbox", "rsf.qiniuapi.com", "qiniu-ak-qbox", new_secret())
GUARDED = [V2, QBOX]
FORM = "application/x-www-form-urlencoded"


def send(gateway: Gateway, api: Guarded, auth: object, method: str, kind: str | None, body: str | bytes | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    url = gateway.url(api) + "/buckets/a?tag=x%20y&z"
    requests.request(method, url, data=body, headers=headers, auth=auth, timeout=60).raise_for_status()


@pytest.mark.parametrize("with_date", [True, False])
@pytest.mark.parametrize(
    ("method", "kind", "body"),
    [
        ("GET", None, None),
        ("POST", FORM, b"a=1&b=2"),
        ("POST", "application/json", b'{"a": 1}'),
        ("PUT", "application/octet-stream", b"\x00\xff"),
    ],
)
def test_qiniu(gateway: Gateway, method: str, kind: str | None, body: bytes | None, with_date: bool) -> None:
    def call(secret: str) -> None:
        mac = QiniuMacAuth(V2.access_key_id, secret, disable_qiniu_timestamp_signature=not with_date)
        send(gateway, V2, QiniuMacRequestsAuth(mac), method, kind, body)

    (arrived,) = gateway.prove(V2, call)
    assert ("x-qiniu-date" in arrived.headers) is with_date


@pytest.mark.parametrize(
    ("method", "kind", "body"),
    [("GET", None, None), ("POST", FORM, "a=1&b=2"), ("POST", "application/json", '{"a": 1}')],
)
def test_qbox(gateway: Gateway, method: str, kind: str | None, body: str | None) -> None:
    def call(secret: str) -> None:
        auth = RequestsAuth(Auth(QBOX.access_key_id, secret))
        send(gateway, QBOX, auth, method, kind, body)

    gateway.prove(QBOX, call)
