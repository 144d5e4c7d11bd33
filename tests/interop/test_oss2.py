"""oss2 signs for Alibaba Cloud OSS, versions 1 and 4."""

import oss2
import pytest

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

V1 = Guarded("aliyun-oss-v1", "one.oss-cn-hangzhou.aliyuncs.com", "LTAI-oss2-v1", new_secret(30), {"bucket": "one"})
V4 = Guarded("aliyun-oss-v4", "four.oss-cn-hangzhou.aliyuncs.com", "LTAI-oss2-v4", new_secret(30), {"bucket": "four"})
GUARDED = [V1, V4]
LISTING = Reply(
    b"<?xml version='1.0'?><ListBucketResult><Name>one</Name><IsTruncated>false</IsTruncated></ListBucketResult>",
    {"Content-Type": "application/xml"},
)


def bucket(gateway: Gateway, api: Guarded, secret: str) -> oss2.Bucket:
    name = api.parameters["bucket"]
    auth = oss2.AuthV4(api.access_key_id, secret) if api is V4 else oss2.Auth(api.access_key_id, secret)
    endpoint = f"http://oss-cn-hangzhou.aliyuncs.com:{gateway.service.port}"
    return oss2.Bucket(auth, endpoint, name, region="cn-hangzhou", enable_crc=False, session=oss2.Session())


@pytest.mark.parametrize("api", [V1, V4], ids=["v1", "v4"])
@pytest.mark.parametrize("key", ["plain.txt", "a folder/größe+1 %.txt"])
def test_put_object(gateway: Gateway, api: Guarded, key: str) -> None:
    headers = {"x-oss-meta-note": "a note", "Content-Type": "text/plain"}
    (arrived,) = gateway.prove(api, lambda secret: bucket(gateway, api, secret).put_object(key, b"hello", headers))
    assert arrived.body == b"hello"


@pytest.mark.parametrize("api", [V1, V4], ids=["v1", "v4"])
def test_get_object_in_part_and_processed(gateway: Gateway, api: Guarded) -> None:
    def call(secret: str) -> None:
        bucket(gateway, api, secret).get_object(
            "picture.jpg", byte_range=(0, 9), process="image/resize,w_100", params={"response-content-type": "a/b"}
        ).read()

    gateway.prove(api, call)


@pytest.mark.parametrize("api", [V1, V4], ids=["v1", "v4"])
def test_list_objects(gateway: Gateway, api: Guarded) -> None:
    gateway.prove(api, lambda secret: bucket(gateway, api, secret).list_objects(prefix="a b/", delimiter="/"), LISTING)


@pytest.mark.parametrize("api", [V1, V4], ids=["v1", "v4"])
def test_delete_several_objects_which_sends_a_digest(gateway: Gateway, api: Guarded) -> None:
    reply = Reply(b"<DeleteResult></DeleteResult>", {"Content-Type": "application/xml"})
    keys = ["a", "b"]
    gateway.prove(api, lambda secret: bucket(gateway, api, secret).batch_delete_objects(keys), reply)


@pytest.mark.parametrize("api", [V1, V4], ids=["v1", "v4"])
def test_the_acl_of_an_object(gateway: Gateway, api: Guarded) -> None:
    gateway.prove(api, lambda secret: bucket(gateway, api, secret).put_object_acl("a", oss2.OBJECT_ACL_PRIVATE))
