"""aliyun-python-sdk-core signs for the RPC and the ROA style, version 1."""

from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.http import protocol_type
from aliyunsdkcore.request import CommonRequest

from tests.interop.gateway import Gateway, Guarded, new_secret

RPC = Guarded("aliyun-rpc-v1", "ecs.aliyuncs.com", "LTAI-core-rpc", new_secret(30))
ROA = Guarded("aliyun-roa-v1", "cs.aliyuncs.com", "LTAI-core-roa", new_secret(30))
GUARDED = [RPC, ROA]


def sent(gateway: Gateway, api: Guarded, request: CommonRequest, secret: str) -> bytes:
    client = AcsClient(api.access_key_id, secret, "cn-hangzhou", auto_retry=False)
    request.set_domain(gateway.authority(api))
    request.set_protocol_type(protocol_type.HTTP)
    return client.do_action_with_exception(request)


def test_rpc_by_get_with_query(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        request = CommonRequest(version="2014-05-26", action_name="DescribeInstances")
        request.set_method("GET")
        request.add_query_param("InstanceName", "a b*~/ü")
        sent(gateway, RPC, request, secret)

    gateway.prove(RPC, call)


def test_rpc_by_post_with_form(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        request = CommonRequest(version="2014-05-26", action_name="RunInstances")
        request.set_method("POST")
        request.add_query_param("RegionId", "cn-hangzhou")
        request.add_body_params("UserData", "x=1&y=2 *~ü")
        sent(gateway, RPC, request, secret)

    (arrived,) = gateway.prove(RPC, call)
    assert b"UserData=" in arrived.body


def test_roa_with_a_json_body(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        request = CommonRequest(version="2015-12-15", uri_pattern="/clusters/[Id]/nodes")
        request.add_path_param("Id", "c1")
        request.set_method("POST")
        request.add_query_param("page", "2")
        request.set_content_type("application/json")
        request.set_content(b'{"count": 1}')
        sent(gateway, ROA, request, secret)

    (arrived,) = gateway.prove(ROA, call)
    assert arrived.body == b'{"count": 1}'


def test_roa_without_a_body(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        request = CommonRequest(version="2015-12-15", uri_pattern="/clusters")
        request.set_method("GET")
        request.add_query_param("name", "a b ü")
        sent(gateway, ROA, request, secret)

    gateway.prove(ROA, call)
