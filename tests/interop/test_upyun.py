"""upyun signs for UPYUN's REST API; its secret is the MD5 of the operator's password."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5

import pytest
import upyun

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

PASSWORD = new_secret(20)
REST = Guarded("upyun", "v0.api.upyun.com", "operator", md5(PASSWORD.encode()).hexdigest())
GUARDED = [REST]
CALLS: dict[str, Callable[[upyun.UpYun], object]] = {
    "put": lambda client: client.put("/a folder/größe+1~.txt", "größe", checksum=True, headers={"X-Note": "a b"}),
    "get": lambda client: client.get("/a b"),
    "getinfo": lambda client: client.getinfo("/a"),
    "getlist": lambda client: client.getlist("/", limit=5),
    "delete": lambda client: client.delete("/a"),
    "mkdir": lambda client: client.mkdir("/new"),
    "usage": lambda client: client.usage(),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call(gateway: Gateway, call: str) -> None:
    def called(secret: str) -> None:
        password = PASSWORD if secret == REST.secret else "another"
        client = upyun.UpYun("bucket", REST.access_key_id, password, endpoint=gateway.authority(REST))
        CALLS[call](client)

    gateway.prove(REST, called, Reply(b"0"))
