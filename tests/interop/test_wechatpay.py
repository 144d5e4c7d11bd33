"""wechatpayv3 signs for WeChat Pay with the merchant's private key, and checks what the platform answers."""

from __future__ import annotations

import json
import time
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from wechatpayv3.core import Core
from wechatpayv3.type import RequestType

from tests.core.key_pairs import pem_of, private_key, public_pem_of
from tests.interop.gateway import Arrived, Gateway, Guarded, Reply

MERCHANT, PLATFORM = private_key("RSA"), private_key("RSA-other")
SERIAL = "444F4864EA9B34415F2A1B0C9D8E7F6A5B4C3D2E"
PAY = Guarded(
    "wechatpay-v3",
    "api.mch.weixin.qq.com",
    "1230000109",
    pem_of(MERCHANT).decode(),
    key_more=f'extras = {{ serial_no = "{SERIAL}" }}',
    public_key=public_pem_of(MERCHANT).decode(),
)
GUARDED = [PAY]
PLATFORM_ID = "PUB_KEY_ID_0123456789"


def answer(_: Arrived) -> Reply:
    """Answer as the platform does, whose signature the SDK checks."""
    body, now = b'{"code_url": "x"}', str(int(time.time()))
    signature = PLATFORM.sign(f"{now}\nnonce\n{body.decode()}\n".encode(), PKCS1v15(), SHA256())
    mark = "Wechatpay-"
    headers = {"Content-Type": "application/json", mark + "Timestamp": now, mark + "Nonce": "nonce"}
    headers |= {mark + "Serial": PLATFORM_ID, mark + "Signature-Type": "WECHATPAY2-SHA256-RSA2048"}
    return Reply(body, {**headers, mark + "Signature": b64encode(signature).decode()})


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        (RequestType.GET, "/v3/pay/transactions/id/1217?mchid=1230000109&note=a%20b", None),
        (RequestType.POST, "/v3/pay/transactions/native", {"description": "größe 图", "amount": {"total": 1}}),
        (RequestType.PATCH, "/v3/thing", {"a": "b"}),
        (RequestType.DELETE, "/v3/thing", None),
    ],
)
def test_a_call(gateway: Gateway, method: RequestType, path: str, data: dict[str, object] | None) -> None:
    def call(secret: str) -> None:
        public = public_pem_of(PLATFORM).decode()
        core = Core(PAY.access_key_id, SERIAL, secret, "k" * 32, public_key=public, public_key_id=PLATFORM_ID)
        core._gate_way = gateway.url(PAY)
        code, text = core.request(path, method, data)
        assert (code, json.loads(text)) == (200, {"code_url": "x"})

    gateway.prove(PAY, call, answer, wrong=pem_of(PLATFORM).decode())
