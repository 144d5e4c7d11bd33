"""alibabacloud-tea-openapi signs ACS3-HMAC-SHA256."""

import pytest
from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.policy.retry import RetryOptions
from darabonba.runtime import RuntimeOptions

from tests.interop.gateway import Gateway, Guarded, new_secret

ACS3 = Guarded("aliyun-acs3", "ecs.cn-hangzhou.aliyuncs.com", "LTAI-tea", new_secret(30))
GUARDED = [ACS3]


def params(kind: str, **more: str) -> Params:
    given = {
        "action": "DescribeInstances",
        "version": "2014-05-26",
        "protocol": "HTTP",
        "pathname": "/",
        "method": "POST",
        "auth_type": "AK",
        "style": "RPC",
        "req_body_type": kind,
        "body_type": "json",
    }
    return Params(**{**given, **more})


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        (params("formData"), OpenApiRequest(query={"RegionId": "cn-hangzhou", "Name": "a b*~/ü"})),
        (params("formData"), OpenApiRequest(query={"A": "1"}, body={"Data": "x=1&y=2 ü"})),
        (
            params("json", style="ROA", pathname=Utils.get_encode_path("/clusters/a b+ü")),
            OpenApiRequest(body={"count": 1}),
        ),
        (params("json", style="ROA", pathname="/clusters", method="GET"), OpenApiRequest(query={"empty": ""})),
        (params("byte", style="ROA", pathname="/raw", method="PUT"), OpenApiRequest(body=b"\x00\xff")),
        (params("json", style="ROA", pathname="/x", method="DELETE"), OpenApiRequest(headers={"x-acs-more": "a  b"})),
    ],
)
def test_a_call(gateway: Gateway, given: Params, request_: OpenApiRequest) -> None:
    def call(secret: str) -> None:
        config = Config(
            access_key_id=ACS3.access_key_id,
            access_key_secret=secret,
            endpoint=gateway.authority(ACS3),
            protocol="http",
        )
        config.retry_options = RetryOptions({"retryable": False})
        Client(config).call_api(given, request_, RuntimeOptions())

    gateway.prove(ACS3, call)
