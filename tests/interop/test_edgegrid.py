"""edgegrid-python signs for Akamai."""

import pytest
import requests
from akamai.edgegrid import EdgeGridAuth

from tests.interop.gateway import Gateway, Guarded, new_secret

HOST = "akab-0123456789abcdef-0123456789abcdef.luna.akamaiapis.net"
PLAIN = Guarded("akamai-edgegrid", HOST, "akab-client", new_secret(44), {"access_token": "akab-access-token"})
CHOSEN = Guarded(
    "akamai-edgegrid",
    f"2.{HOST}",
    "akab-chosen",
    new_secret(44),
    {"access_token": "akab-access-token", "headers_to_sign": "X-Note;X-Other;X-Missing", "max_body": "2048"},
)
GUARDED = [PLAIN, CHOSEN]


@pytest.mark.parametrize("api", [PLAIN, CHOSEN], ids=["plain", "chosen"])
@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/identity-management/v3/user-profile?b=2&a=größe x&empty", None),
        ("POST", "/papi/v1/a%20b~;c", b'{"a": 1}'),
        ("POST", "/long", b"0123456789" * 20_000),
        ("POST", "/empty", b""),
        ("PUT", "/papi/v1/rules", b"unsigned"),
        ("DELETE", "/papi/v1/x", None),
    ],
)
def test_a_call(gateway: Gateway, api: Guarded, method: str, target: str, body: bytes | None) -> None:
    given = api.parameters
    chosen = {"headers_to_sign": given["headers_to_sign"].split(";"), "max_body": 2048} if api is CHOSEN else {}
    headers = {"X-Other": "b", "X-Note": "some \t  words"}

    def call(secret: str) -> None:
        auth = EdgeGridAuth(api.access_key_id, secret, given["access_token"], **chosen)
        url = gateway.url(api) + target
        requests.request(method, url, data=body, headers=headers, auth=auth, timeout=60).raise_for_status()

    gateway.prove(api, call)
