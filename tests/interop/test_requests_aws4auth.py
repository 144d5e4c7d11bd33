"""requests-aws4auth signs for AWS Signature Version 4."""

import requests
from requests_aws4auth import AWS4Auth

from tests.interop.gateway import Gateway, Guarded, new_secret

EXECUTE_API = Guarded(
    "aws-sigv4-header",
    "orders.execute-api.eu-west-1.amazonaws.com",
    "AKIDAWS4AUTH00000000",
    new_secret(),
    {"region": "eu-west-1", "service": "execute-api"},
)
GUARDED = [EXECUTE_API]


def test_a_post_with_a_query_and_a_body(gateway: Gateway) -> None:
    def call(secret: str) -> None:
        auth = AWS4Auth(EXECUTE_API.access_key_id, secret, "eu-west-1", "execute-api")
        url = gateway.url(EXECUTE_API) + "/v1/orders%20here?b=2&a=x%20y&a=1"
        requests.post(url, json={"amount": 1}, auth=auth, timeout=60).raise_for_status()

    (arrived,) = gateway.prove(EXECUTE_API, call)
    assert arrived.body == b'{"amount": 1}'
