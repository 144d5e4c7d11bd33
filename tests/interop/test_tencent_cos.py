"""cos-python-sdk-v5 signs for Tencent Cloud COS."""

import pytest
from qcloud_cos import CosConfig, CosS3Client

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

BUCKET = "examples-1250000000"
COS = Guarded("tencent-cos", f"{BUCKET}.cos.ap-guangzhou.myqcloud.com", "AKIDcos", new_secret(32))
GUARDED = [COS]
LISTING = Reply(
    b"<?xml version='1.0'?><ListBucketResult><Name>examples</Name><IsTruncated>false</IsTruncated></ListBucketResult>",
    {"Content-Type": "application/xml"},
)


def client(gateway: Gateway, secret: str, **more: object) -> CosS3Client:
    """Return a client that goes to the gateway, and names COS as the host."""
    where = {"Region": "ap-guangzhou", "Scheme": "http", "IP": "127.0.0.1", "Port": gateway.service.port}
    return CosS3Client(CosConfig(SecretId=COS.access_key_id, SecretKey=secret, **where, **more), retry=0)


@pytest.mark.parametrize("key", ["plain.txt", "a folder/größe+1 %~*.txt"])
def test_put_object(gateway: Gateway, key: str) -> None:
    more = {"ContentType": "text/plain; charset=utf-8", "Metadata": {"x-cos-meta-note": "a note, größe"}}

    def call(secret: str) -> None:
        client(gateway, secret).put_object(BUCKET, b"hello", key, EnableMD5=True, **more)

    (arrived,) = gateway.prove(COS, call)
    assert arrived.body == b"hello"


def test_get_object_in_part(gateway: Gateway) -> None:
    more = {"Range": "bytes=0-9", "ResponseContentType": "text/plain; a=b", "IfMatch": '"etag"'}
    gateway.prove(COS, lambda secret: client(gateway, secret).get_object(BUCKET, "a b/c", **more))


def test_list_objects(gateway: Gateway) -> None:
    more = {"Prefix": "a b/ü", "Delimiter": "/", "EncodingType": "url"}
    gateway.prove(COS, lambda secret: client(gateway, secret).list_objects(BUCKET, **more), LISTING)


def test_delete_several_objects(gateway: Gateway) -> None:
    delete = {"Object": [{"Key": "a"}, {"Key": "b"}], "Quiet": "true"}
    reply = Reply(b"<DeleteResult></DeleteResult>", {"Content-Type": "application/xml"})
    gateway.prove(COS, lambda secret: client(gateway, secret).delete_objects(BUCKET, delete), reply)


def test_a_session_token(gateway: Gateway) -> None:
    gateway.prove(COS, lambda secret: client(gateway, secret, Token="token+/=").delete_object(BUCKET, "a"))


def test_the_acl_of_an_object(gateway: Gateway) -> None:
    gateway.prove(COS, lambda secret: client(gateway, secret).put_object_acl(BUCKET, "a", ACL="public-read"))
