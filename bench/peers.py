"""Compiled verify against what Python services use for it today: ratios of medians in one interleaved run.

    python -m bench.peers [--rounds N]

A peer is the library that a service would verify with, handed the same request. botocore has no verifier: its signer
signs the request again, and the signatures are compared; oauthlib runs its endpoint that checks a signature, mohawk its
receiver, http-message-signatures its verifier, and the body's digest is compared besides. All begin with what a server
delivers, and none looks a nonce up. Peers come with the dependency group ``interop``.

The floor is a verify written by hand for this one request: no doubles, no other orders or spellings, nothing decoded.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from urllib.parse import quote

import botocore.auth
import mohawk
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
from requests.structures import CaseInsensitiveDict

from bench import floor
from bench.verify import USUAL_HEADERS, Call, compare
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme

TARGET = 10.0
"""How many times faster than its peer compiled verify is meant to be."""
ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
UNSIGNED = (b"content-length", b"user-agent")
"""Headers of the usual ones that are left out: one has its own value, the other botocore does not sign."""
BODY = b'{"amount": 1}'
HOST = "api.example.com"


def request_of(name: str, now_ms: int, nonce: str | None = None, **parameters: str) -> tuple[Verifier, Request]:
    """Return a verifier, and a request that our signer signed for it."""
    scheme = get_scheme(name, parameters)
    headers = [(key, value) for key, value in USUAL_HEADERS if key not in UNSIGNED]
    plain = Request(b"POST", b"/orders/7?page=2&sort=asc", [*headers, (b"content-length", b"13")], body=BODY)
    signer = Signer(scheme, Credential.of(ID, SECRET))
    return Verifier(scheme), signer.sign(plain, time_ms=now_ms, nonce=nonce).apply(plain)


def ours(verifier: Verifier, request: Request, now_ms: int) -> Call:
    """Verify from what a server delivers."""
    keys = {ID.encode(): verifier.bind(Credential.of(ID, SECRET), consumer="bench")}

    def call() -> object:
        fresh = Request(request.method, request.target, request.headers, scheme=request.scheme, body=request.body)
        return verifier.verify(fresh, now_ms, keys.get)

    return call


Row = tuple[Call, Call, Call | None]
"""Ours, the peer's, and the floor if there is one."""


def sigv4() -> Row:
    now_ms = 1_767_225_600_000
    verifier, request = request_of("aws-sigv4-header", now_ms, region="us-east-1", service="execute-api")
    headers = {name.decode(): value.decode() for name, value in request.headers}
    signed = headers.pop("authorization").partition("SignedHeaders=")[2].partition(",")[0].split(";")
    came = request.header(b"authorization").decode().rpartition("=")[2]
    url = f"http://{HOST}{request.target.decode()}"
    signer = botocore.auth.SigV4Auth(Credentials(ID, SECRET), "execute-api", "us-east-1")
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")

    def peer() -> object:
        again = AWSRequest("POST", url, {name: headers[name] for name in signed}, BODY)
        again.context["timestamp"] = stamp
        text = signer.string_to_sign(again, signer.canonical_request(again))
        assert hmac.compare_digest(signer.signature(text, again), came)
        return True

    key = b"AWS4" + SECRET.encode()
    for part in (stamp[:8], "us-east-1", "execute-api", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    scope = f"{stamp[:8]}/us-east-1/execute-api/aws4_request".encode()
    by_hand = partial(floor.verify_sigv4, request.headers, request.target, BODY, key, scope, now_ms)
    return ours(verifier, request, now_ms), peer, by_hand


def hawk() -> Row:
    now_ms = mohawk.util.utc_now() * 1000
    verifier, request = request_of("hawk", now_ms, nonce="5f1c9a02")
    url, header = f"https://{HOST}{request.target.decode()}", request.header(b"authorization").decode()
    key = {"id": ID, "key": SECRET, "algorithm": "sha256"}

    def peer() -> object:
        return mohawk.Receiver(
            lambda _: key,
            header,
            url,
            "POST",
            content=BODY,
            content_type="application/json",
            accept_untrusted_content=True,
            seen_nonce=lambda *_: False,
            timestamp_skew_in_seconds=3600,
        )

    by_hand = partial(floor.verify_hawk, request.headers, request.target, BODY, SECRET.encode(), now_ms)
    return ours(verifier, request, now_ms), peer, by_hand


class _Keys(RequestValidator):  # type: ignore[misc]
    """What oauthlib asks a service: it takes any nonce here, for ours guards none in this measurement either."""

    enforce_ssl = True
    client_key_length = nonce_length = (1, 128)
    timestamp_lifetime = 3600
    dummy_client = "nobody"

    def validate_timestamp_and_nonce(self, *_: object, **__: object) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == ID

    def get_client_secret(self, client_key: str, request: object) -> str:
        return SECRET


def oauth1() -> Row:
    now_ms = mohawk.util.utc_now() * 1000
    verifier, request = request_of("oauth1", now_ms, nonce="5f1c9a0211112222")
    endpoint, url = SignatureOnlyEndpoint(_Keys()), f"https://{HOST}{request.target.decode()}"
    headers = {name.decode().title(): value.decode() for name, value in request.headers}

    def peer() -> object:
        accepted, _ = endpoint.validate_request(url, "POST", BODY.decode(), headers)
        assert accepted
        return True

    by_hand = partial(floor.verify_oauth1, request.headers, request.target, quote(SECRET, "").encode(), now_ms)
    return ours(verifier, request, now_ms), peer, by_hand


class _Resolver(HTTPSignatureKeyResolver):  # type: ignore[misc]
    def resolve_public_key(self, key_id: str) -> bytes:
        return SECRET.encode()

    resolve_private_key = resolve_public_key


def rfc9421() -> Row:
    now_ms = mohawk.util.utc_now() * 1000
    verifier, request = request_of("rfc9421", now_ms, nonce="5f1c9a0211112222")
    headers = {name.decode().title(): value.decode() for name, value in request.headers}
    url = f"https://{HOST}{request.target.decode()}"
    library = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=_Resolver())
    digest = headers["Content-Digest"].partition(":")[2].rstrip(":")

    def peer() -> object:
        message = SimpleNamespace(method="POST", url=url, headers=CaseInsensitiveDict(headers), body=BODY)
        assert library.verify(message)
        assert hmac.compare_digest(base64.b64encode(hashlib.sha256(BODY).digest()).decode(), digest)
        return True

    return ours(verifier, request, now_ms), peer, None


PEERS: Mapping[str, tuple[str, Callable[[], Row]]] = {
    "aws-sigv4-header": ("botocore", sigv4),
    "hawk": ("mohawk", hawk),
    "oauth1": ("oauthlib", oauth1),
    "rfc9421": ("http-message-signatures", rfc9421),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    logging.disable()  # mohawk says much
    print(f"{'scheme':20}{'peer':26}{'sealstamp ns':>14}{'peer ns':>10}{'times faster':>14}{'floor ns':>10}")
    for name, (peer, make) in PEERS.items():
        mine, theirs, by_hand = make()
        assert mine()
        assert theirs()
        assert by_hand is None or by_hand()
        own, other, ratio = compare(mine, theirs, rounds, times=300)
        least = f"{compare(by_hand, theirs, rounds, times=300)[0]:10.0f}" if by_hand else f"{'':10}"
        short = "" if 1 / ratio >= TARGET else f"  (below {TARGET:.0f})"
        print(f"{name:20}{peer:26}{own:14.0f}{other:10.0f}{1 / ratio:14.1f}{least}{short}")


if __name__ == "__main__":
    main()
