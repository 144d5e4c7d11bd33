"""volcengine signs version 4 for services other than tos."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from volcengine.ApiInfo import ApiInfo
from volcengine.base.Service import Service
from volcengine.Credentials import Credentials
from volcengine.ServiceInfo import ServiceInfo

from tests.interop.gateway import Gateway, Guarded, new_secret

IAM = Guarded(
    "volcengine-v4",
    "iam.volcengineapi.com",
    "AKLTiam",
    new_secret(40),
    {"service": "iam", "region": "cn-north-1", "time_header": "X-Date"},
)
GUARDED = [IAM]
VERSION = {"Version": "2018-01-01"}
APIS = {
    "ListUsers": ApiInfo("GET", "/", {"Action": "ListUsers", **VERSION}, {}, {}),
    "CreateUser": ApiInfo("POST", "/", {"Action": "CreateUser", **VERSION}, {}, {}),
    "Path": ApiInfo("GET", "/a/b~c", {}, {}, {}),
}
CALLS: dict[str, Callable[[Service], object]] = {
    "get": lambda service: service.get("ListUsers", {"Limit": 10, "Name": "größe a+b/~*", "Empty": ""}),
    "list": lambda service: service.get("ListUsers", {"Names": ["b", "a"]}, doseq=1),
    "path": lambda service: service.get("Path", {}),
    "form": lambda service: service.post("CreateUser", {}, {"Name": "größe a+b"}),
    "json": lambda service: service.json("CreateUser", {"A": "1"}, json.dumps({"Name": "größe"})),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("token", ["", "token+/="])
def test_a_call(gateway: Gateway, call: str, token: str) -> None:
    def called(secret: str) -> None:
        credentials = Credentials(IAM.access_key_id, secret, "iam", "cn-north-1", token)
        info = ServiceInfo(gateway.authority(IAM), {"Accept": "application/json"}, credentials, 5, 5, "http")
        CALLS[call](Service(info, APIS))

    gateway.prove(IAM, called)
