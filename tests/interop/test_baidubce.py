"""bce-python-sdk signs bce-auth-v1."""

import baidubce.protocol
import pytest
from baidubce.auth.bce_credentials import BceCredentials
from baidubce.bce_client_configuration import BceClientConfiguration
from baidubce.retry.retry_policy import NoRetryPolicy
from baidubce.services.bos.bos_client import BosClient

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

BOS = Guarded("baidu-bce-v1", "bucket.bj.bcebos.com", "bce-ak", new_secret(32))
GUARDED = [BOS]


def client(gateway: Gateway, secret: str) -> BosClient:
    config = BceClientConfiguration(
        BceCredentials(BOS.access_key_id, secret),
        gateway.url(BOS).replace("bucket.", ""),
        baidubce.protocol.HTTP,
        retry_policy=NoRetryPolicy(),
    )
    return BosClient(config)


@pytest.mark.parametrize("key", ["plain.txt", "a folder/größe+1.txt"])
def test_put_object(gateway: Gateway, key: str) -> None:
    def call(secret: str) -> None:
        client(gateway, secret).put_object_from_string("bucket", key, "hello", user_metadata={"note": "a b"})

    (arrived,) = gateway.prove(BOS, call, Reply(b"", {"ETag": '"1"'}))
    assert arrived.body == b"hello"


def test_list_objects(gateway: Gateway) -> None:
    reply = Reply(b'{"name": "bucket", "prefix": "", "isTruncated": false, "contents": []}')
    gateway.prove(BOS, lambda secret: client(gateway, secret).list_objects("bucket", prefix="a b/", max_keys=3), reply)
