"""oauthlib signs what the service accepts, and accepts what we sign."""

from collections.abc import Mapping

import pytest
import requests
from oauthlib.common import Request as PeersRequest
from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import signature

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pem_of, private_key, public_pem_of
from tests.interop.gateway import Gateway, Guarded, new_secret

TOKEN_SECRET = "the token's & own = 100%"
OAUTH = Guarded(
    "oauth1",
    "api.oauth1.example",
    "consumer-1",
    new_secret(),
    key_more=f'extras = {{ token_secret = "{TOKEN_SECRET}" }}',
)
HASHED = Guarded(
    "oauth1",
    "hashed.oauth1.example",
    "consumer-2",
    new_secret(),
    {"body_hash": "required"},
)
GUARDED = [OAUTH, HASHED]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOW_MS = 1_767_225_600_000


@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"])
@pytest.mark.parametrize(
    ("verb", "target", "headers", "body"),
    [
        ("GET", "/a%20b/c?b5=%3D%253D&a3=a&c%40=&a2=r%20b&plus=1+2", {}, None),
        ("POST", "/request?a3=b", FORM, "c2=&a3=2+q&%C3%A9=%2B"),
        ("PUT", "/things;v=1", {"Content-Type": "application/json"}, '{"a": 1}'),
    ],
)
def test_oauthlib_calls(
    gateway: Gateway, method: str, verb: str, target: str, headers: Mapping[str, str], body: str | None
) -> None:
    def call(secret: str) -> None:
        client = Client(OAUTH.access_key_id, secret, "token-1", TOKEN_SECRET, signature_method=method, realm="a realm")
        url, signed, content = client.sign(gateway.url(OAUTH) + target, verb, body, headers)
        requests.request(verb, url, headers=signed, data=content, timeout=60).raise_for_status()

    gateway.prove(OAUTH, call)


@pytest.mark.parametrize("more", [{"callback_uri": "https://a.example/?b=c&d"}, {"verifier": "v 1"}])
def test_the_dance_for_a_token(gateway: Gateway, more: dict[str, str]) -> None:
    """Requests for tokens have a callback or a verification code among their pairs."""

    def call(secret: str) -> None:
        client = Client(OAUTH.access_key_id, secret, resource_owner_secret=TOKEN_SECRET, **more)
        url, signed, _ = client.sign(gateway.url(OAUTH) + "/token", "POST")
        requests.post(url, headers=signed, timeout=60).raise_for_status()

    gateway.prove(OAUTH, call)


def test_a_body_hash(gateway: Gateway) -> None:
    """oauthlib sends the hash of a body that is no form; without a token there is no secret of one."""

    def call(secret: str) -> None:
        client = Client(HASHED.access_key_id, secret)
        headers = {"Content-Type": "application/json"}
        url, signed, content = client.sign(gateway.url(HASHED) + "/a", "POST", '{"a": 1}', headers)
        assert "oauth_body_hash" in signed["Authorization"]
        requests.post(url, headers=signed, data=content, timeout=60).raise_for_status()

    gateway.prove(HASHED, call)


@pytest.mark.parametrize("url", ["http://Example.com/a?b=%20c", "https://example.com:8443/?x=1&x=0", "http://h:80/a+b"])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512"])
def test_oauthlib_verifies(method: str, url: str) -> None:
    """What we sign is right by oauthlib's own verification."""
    rsa = method.startswith("RSA")
    pem = pem_of(private_key("RSA")).decode()
    scheme = get_scheme(
        "oauth1", {"signature_method": method, "signature_methods": method, "token": "t/1", "realm": "r"}
    )
    credential = Credential.of("consumer", pem if rsa else "se&cret", token_secret=TOKEN_SECRET)
    protocol, _, rest = url.partition("://")
    authority, _, target = rest.partition("/")
    request = Request(
        b"POST",
        b"/" + target.encode(),
        [(b"host", authority.encode()), (b"content-type", b"application/x-www-form-urlencoded")],
        scheme=protocol.encode(),
        body=b"a=1&a=0&b=x+y",
    )
    text = Signer(scheme, credential).sign(request, time_ms=NOW_MS, nonce="abc123").headers["Authorization"]
    theirs = _as_theirs(url, text)
    if rsa:
        public = public_pem_of(private_key("RSA")).decode()
        assert _RSA[method](theirs, public)
    else:
        assert _HMAC[method](theirs, "se&cret", TOKEN_SECRET)


_HMAC = {
    "HMAC-SHA1": signature.verify_hmac_sha1,
    "HMAC-SHA256": signature.verify_hmac_sha256,
    "HMAC-SHA512": signature.verify_hmac_sha512,
}
_RSA = {
    "RSA-SHA1": signature.verify_rsa_sha1,
    "RSA-SHA256": signature.verify_rsa_sha256,
    "RSA-SHA512": signature.verify_rsa_sha512,
}


def _as_theirs(url: str, authorization: str) -> PeersRequest:
    """Return the request as oauthlib's endpoints read it."""
    headers = {"Authorization": authorization, **FORM}
    request = PeersRequest(url, "POST", "a=1&a=0&b=x+y", headers)
    pairs = signature.collect_parameters(
        uri_query=request.uri_query, body=request.body, headers=request.headers, exclude_oauth_signature=False
    )
    request.signature = dict(pairs)["oauth_signature"]
    request.params = [(name, value) for name, value in pairs if name != "oauth_signature"]
    return request
