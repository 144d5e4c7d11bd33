"""tencentcloud-sdk-python signs TC3-HMAC-SHA256 and version 1."""

import json

import pytest
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

TC3 = Guarded("tencent-tc3", "cvm.tencentcloudapi.com", "AKIDtc3", new_secret(32), {"service": "cvm"})
V1 = Guarded("tencent-v1", "cbs.tencentcloudapi.com", "AKIDv1", new_secret(32))
GUARDED = [TC3, V1]
REPLY = Reply(json.dumps({"Response": {"RequestId": "1"}}).encode())


def call(gateway: Gateway, api: Guarded, secret: str, method: str, sign_method: str, params: object) -> None:
    http = HttpProfile(protocol="http", endpoint=gateway.authority(api), reqMethod=method)
    profile = ClientProfile(signMethod=sign_method, httpProfile=http)
    credential = Credential(api.access_key_id, secret)
    CommonClient("cvm", "2017-03-12", credential, "ap-guangzhou", profile).call("DescribeInstances", params)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("params", [{}, {"Limit": 1, "Filters.0.Name": "größe a+b&c/~*", "Empty": ""}])
def test_tc3(gateway: Gateway, method: str, params: dict[str, object]) -> None:
    gateway.prove(TC3, lambda secret: call(gateway, TC3, secret, method, "TC3-HMAC-SHA256", params), REPLY)


@pytest.mark.parametrize("sign_method", ["HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_version_1(gateway: Gateway, method: str, sign_method: str) -> None:
    params = {"Limit": 1, "Filters.0.Name": "größe a+b/~*"}
    gateway.prove(V1, lambda secret: call(gateway, V1, secret, method, sign_method, params), REPLY)
