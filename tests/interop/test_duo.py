"""duo_client signs for Duo, here in version 2."""

import hashlib
import json

import pytest
from duo_client.client import Client

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

SHA1 = Guarded("duo-v2", "api-1.duosecurity.com", "DIWJ8X6AEYOR5OMC6TQ1", new_secret())
SHA512 = Guarded("duo-v2", "api-512.duosecurity.com", "DIWJ8X6AEYOR5OMC6TQ2", new_secret(), {"alg": "sha512"})
GUARDED = [SHA1, SHA512]
REPLY = Reply(json.dumps({"stat": "OK", "response": {}}).encode())


@pytest.mark.parametrize("api", [SHA1, SHA512], ids=["sha1", "sha512"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("params", [{}, {"realname": "größe a+b/~*", "username": "root", "empty": "", "n": "b"}])
def test_a_call(gateway: Gateway, api: Guarded, method: str, params: dict[str, str]) -> None:
    digest = hashlib.sha512 if api is SHA512 else hashlib.sha1

    def call(secret: str) -> None:
        client = Client(
            api.access_key_id,
            secret,
            api.host,
            ca_certs="HTTP",
            digestmod=digest,
            sig_version=2,
            port=gateway.service.port,
        )
        client.json_api_call(method, "/admin/v1/users", params)

    gateway.prove(api, call, REPLY)
