"""huaweicloudsdkcore signs SDK-HMAC-SHA256, SDK-HMAC-SM3 and V11-HMAC-SHA256."""

from pathlib import Path

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.client import Client, ClientBuilder
from huaweicloudsdkcore.http.formdata import FormFile
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm

from tests.interop.gateway import Arrived, Gateway, Guarded, Reply, new_secret

UNSIGNED = {"unsigned_body": "allowed"}
SM3 = {"alg": "SDK-HMAC-SM3"}
V11 = {"region": "cn-north-4", "service": "ecs"}


def guarded(scheme: str, host: str, **parameters: str) -> Guarded:
    return Guarded(
        scheme, f"{host}.cn-north-4.myhuaweicloud.com", f"key of {host}".replace(" ", "-"), new_secret(40), parameters
    )


STRICT = [
    guarded("huawei-sdk-hmac", "ecs"),
    guarded("huawei-sdk-hmac", "ecs-sm3", **SM3),
    guarded("huawei-v11", "ecs-v11", **V11),
]
ALLOWING = [
    guarded("huawei-sdk-hmac", "obs", **UNSIGNED),
    guarded("huawei-sdk-hmac", "obs-sm3", **SM3, **UNSIGNED),
    guarded("huawei-v11", "obs-v11", **V11, **UNSIGNED),
]
GUARDED = [*STRICT, *ALLOWING]
NAMES = ["sha256", "sm3", "v11"]


def client(gateway: Gateway, api: Guarded, secret: str) -> Client:
    config = HttpConfig.get_default_config()
    if "alg" in api.parameters:
        config.signing_algorithm = SigningAlgorithm.HMAC_SM3
    credentials = BasicCredentials(api.access_key_id, secret, "0123456789abcdef")
    if api.scheme == "huawei-v11":
        credentials.with_derived_predicate(lambda request: True)
    region = Region("cn-north-4", gateway.url(api))
    builder = ClientBuilder(Client).with_credentials(credentials).with_http_config(config).with_region(region)
    return builder._with_derived_auth_service_name("ecs").build()


def prove(gateway: Gateway, api: Guarded, method: str, path: str, **more: object) -> Arrived:
    def call(secret: str) -> None:
        caller = client(gateway, api, secret)
        try:
            caller.do_http_request(method, path, **more)
        finally:
            caller.close()

    (arrived,) = gateway.prove(api, call, Reply(b"null"))
    return arrived


@pytest.mark.parametrize("api", STRICT, ids=NAMES)
class TestSigned:
    """What is JSON or has no body."""

    def test_get(self, gateway: Gateway, api: Guarded) -> None:
        query = [("limit", 10), ("name", "größe a+b/~*"), ("empty", ""), ("tag", ["b", "a"])]
        headers = {"X-Note": " some  words ", "X_Under": "not signed"}
        path = "/v1/{project_id}/servers"
        prove(gateway, api, "GET", path, query_params=query, header_params=headers)

    def test_post_json(self, gateway: Gateway, api: Guarded) -> None:
        body = {"server": {"name": "größe"}, "count": 1}
        assert b"count" in prove(gateway, api, "POST", "/v1/{project_id}/servers/", body=body).body

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_a_path_with_escapes(self, gateway: Gateway, api: Guarded, method: str) -> None:
        prove(gateway, api, method, "/v1/{name}", path_params={"name": "größe a+b/c~"}, body={"a": 1})


@pytest.mark.parametrize("api", ALLOWING, ids=NAMES)
class TestUnsignedPayload:
    """Other kinds of body, which the SDK does not sign, so that the API has to allow it."""

    def test_a_form(self, gateway: Gateway, api: Guarded) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        arrived = prove(gateway, api, "POST", "/v1/form", header_params=headers, body={"a": "1 2", "b": "ü"})
        assert arrived.body

    def test_a_file(self, gateway: Gateway, api: Guarded, tmp_path: Path) -> None:
        path = tmp_path / "words.txt"
        path.write_bytes(b"some words")
        headers = {"Content-Type": "multipart/form-data"}
        with path.open("rb") as file:
            fields = {"file": FormFile(file), "name": "words"}
            arrived = prove(gateway, api, "POST", "/v1/files", header_params=headers, body=fields)
        assert b"words" in arrived.body

    def test_a_stream(self, gateway: Gateway, api: Guarded, tmp_path: Path) -> None:
        path = tmp_path / "large"
        path.write_bytes(b"0123456789" * 1000)
        headers = {"Content-Type": "application/octet-stream"}
        with path.open("rb") as file:
            arrived = prove(gateway, api, "PUT", "/v1/stream", header_params=headers, body=file)
        assert arrived.body[:10] == b"0123456789"

    def test_no_body(self, gateway: Gateway, api: Guarded) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert prove(gateway, api, "DELETE", "/v1/thing", header_params=headers).body == b""
