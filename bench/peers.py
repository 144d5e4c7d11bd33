"""Compiled verify against what Python services use for it today: ratios of medians in one interleaved run.

    python -m bench.peers [--rounds N]

The requests are those that the peer's own client sends (``bench.delivered``). Both sides begin with what a server
delivers and end with the same knowledge: who signed, that the time is in the window, that what has to be covered is,
and that the body is the signed one. None looks a nonce up. Nothing of a request is prepared outside the measurement;
what does not change from request to request (an endpoint, a verifier, a look-up of secrets, bound keys) is.

botocore has no verifier. Whoever verifies with it takes the header apart, makes a request with the headers that were
signed, lets the signer sign it again and compares, as moto does; so does the peer here, with the names and the order
of things that are botocore's. awssig is a library that verifies Signature Version 4. oauthlib runs the endpoint that
checks a signature, mohawk its receiver, http-message-signatures its verifier with the coverage that our scheme demands.
Peers come with the dependency group ``interop``.

The floor is a verify written by hand for this one request: no doubles, no other orders or spellings, nothing decoded
that this request has not encoded. It says how much of a factor is left for anything written in Python.
"""

from __future__ import annotations

import argparse
import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from types import SimpleNamespace
from urllib.parse import quote

import awssig
import mohawk
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
from requests.structures import CaseInsensitiveDict

from bench import delivered, floor
from bench.delivered import SECRETS, Delivered
from bench.verify import Call, compare
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme

TARGET = 10.0
"""How many times faster than its peer compiled verify is meant to be."""
WINDOW_S = 300
DIFFERENT = 32
"""How many requests take turns."""
Verify = Callable[[Delivered], object]


def ours(scheme: str, settings: Mapping[str, str]) -> Verify:
    verifier = Verifier(get_scheme(scheme, settings))
    keys = {id_.encode(): verifier.bind(Credential.of(id_, secret), consumer="b") for id_, secret in SECRETS.items()}

    def verify(came: Delivered) -> object:
        request = Request(came.method, came.target, came.headers, body=came.body)
        return verifier.verify(request, came.now_ms, keys.get)

    return verify


def in_turn(verify: Verify, requests: Sequence[Delivered]) -> Call:
    """Return what verifies the next of the requests, once each was verified."""
    assert all(map(verify, requests))
    following = cycle(requests)
    return lambda: verify(next(following))


def texts(came: Delivered) -> tuple[str, str, dict[str, str]]:
    """Return the method, the URL and the headers as libraries take them: not bytes, but text."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in came.headers}
    return came.method.decode(), f"https://{headers['host']}{came.target.decode()}", headers


def between(text: str, begin: str, end: str) -> str:
    return text.partition(begin)[2].partition(end)[0]


def botocore(came: Delivered) -> object:
    method, url, headers = texts(came)
    authorization, stamp = headers["authorization"], headers["x-amz-date"]
    access_key_id, _, region, service, _ = between(authorization, "Credential=", ",").split("/")
    assert (region, service) == (came.settings["region"], came.settings["service"])
    signed_at = datetime.strptime(stamp, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    assert abs(came.now_ms / 1000 - signed_at.timestamp()) <= WINDOW_S
    signed = between(authorization, "SignedHeaders=", ",").split(";")
    assert {"host", *(name for name in headers if name.startswith("x-amz-"))}.issubset(signed)
    request = AWSRequest(method, url, {name: headers[name] for name in signed}, came.body)
    request.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(access_key_id, SECRETS[access_key_id]), service, region)
    right = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert hmac.compare_digest(right, between(authorization, "Signature=", ","))
    return access_key_id


def by_awssig(came: Delivered) -> object:
    path, _, query = came.target.decode().partition("?")
    verifier = awssig.AWSSigV4Verifier(
        request_method=came.method.decode(),
        uri_path=path,
        query_string=query,
        headers={name.decode("latin-1"): [value.decode("latin-1")] for name, value in came.headers},
        body=came.body,
        region=came.settings["region"],
        service=came.settings["service"],
        key_mapping=SECRETS.get,
        timestamp_mismatch=WINDOW_S,
    )
    verifier.verify()
    return verifier.access_key


def mohawks(came: Delivered) -> object:
    method, url, headers = texts(came)
    return mohawk.Receiver(
        lambda access_key_id: {"id": access_key_id, "key": SECRETS[access_key_id], "algorithm": "sha256"},
        headers["authorization"],
        url,
        method,
        content=came.body,
        content_type=headers["content-type"],
        accept_untrusted_content=True,
        seen_nonce=lambda *_: False,
        timestamp_skew_in_seconds=WINDOW_S,
    )


class _Keys(RequestValidator):  # type: ignore[misc]
    """What oauthlib asks a service: it takes any nonce here, for ours guards none in this measurement either."""

    enforce_ssl = True
    client_key_length = nonce_length = (1, 128)
    timestamp_lifetime = WINDOW_S
    dummy_client = "nobody"

    def validate_timestamp_and_nonce(self, *_: object, **__: object) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key in SECRETS

    def get_client_secret(self, client_key: str, request: object) -> str:
        return SECRETS[client_key]


_ENDPOINT = SignatureOnlyEndpoint(_Keys())


def oauthlibs(came: Delivered) -> object:
    method, url, headers = texts(came)
    accepted, request = _ENDPOINT.validate_request(url, method, came.body.decode(), CaseInsensitiveDict(headers))
    assert accepted
    return request.client_key


_MESSAGES = HTTPMessageVerifier(
    signature_algorithm=algorithms.HMAC_SHA256,
    key_resolver=MappingKeyResolver(public_keys={k: v.encode() for k, v in SECRETS.items()}, private_keys={}),
)
_MUST_COVER = ("@method", "@authority", "@path", "@query", "content-digest")


def http_message_signatures(came: Delivered) -> object:
    method, url, headers = texts(came)
    message = SimpleNamespace(method=method, url=url, headers=CaseInsensitiveDict(headers))
    (result,) = _MESSAGES.verify(
        message, max_age=timedelta(seconds=WINDOW_S), require_components=_MUST_COVER, body=came.body
    )
    return result.parameters["keyid"]


def sigv4_by_hand(came: Delivered) -> Verify:
    day = datetime.fromtimestamp(came.now_ms / 1000, UTC).strftime("%Y%m%d")
    parts = (day, came.settings["region"], came.settings["service"], "aws4_request")
    scope = "/".join(parts).encode()
    keys = {}
    for access_key_id, secret in SECRETS.items():
        key = f"AWS4{secret}".encode()
        for part in parts:
            key = hmac.digest(key, part.encode(), "sha256")
        keys[access_key_id.encode()] = key
    return lambda came: floor.verify_sigv4(came.headers, came.target, came.body, keys, scope, came.now_ms)


def hawk_by_hand(_: Delivered) -> Verify:
    keys = {access_key_id.encode(): secret.encode() for access_key_id, secret in SECRETS.items()}
    return lambda came: floor.verify_hawk(came.headers, came.target, came.body, keys, came.now_ms)


def oauth_by_hand(_: Delivered) -> Verify:
    keys = {access_key_id.encode(): quote(secret, "").encode() + b"&" for access_key_id, secret in SECRETS.items()}
    return lambda came: floor.verify_oauth1(came.headers, came.target, came.body, keys, came.now_ms)


Row = tuple[str, Callable[[int], Delivered], str, Verify, Callable[[Delivered], Verify] | None]
ROWS: tuple[Row, ...] = (
    ("aws-sigv4-header", delivered.dynamodb, "botocore", botocore, sigv4_by_hand),
    ("aws-sigv4-header", delivered.dynamodb, "awssig", by_awssig, None),
    ("aws-sigv4-header", delivered.api_gateway, "botocore", botocore, sigv4_by_hand),
    ("aws-sigv4-header", delivered.api_gateway, "awssig", by_awssig, None),
    ("hawk", delivered.hawk, "mohawk", mohawks, hawk_by_hand),
    ("oauth1", delivered.oauth, "oauthlib", oauthlibs, oauth_by_hand),
    ("rfc9421", delivered.message, "http-message-signatures", http_message_signatures, None),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    logging.disable()  # mohawk says much
    print(f"{'scheme':18}{'request':13}{'peer':25}{'sealstamp ns':>13}{'peer ns':>9}{'times faster':>13}{'by hand':>9}")
    for scheme, make, name, peer, by_hand in ROWS:
        requests = [make(number) for number in range(DIFFERENT)]
        mine, theirs = in_turn(ours(scheme, requests[0].settings), requests), in_turn(peer, requests)
        own, other, ratio = compare(mine, theirs, rounds, times=160)
        least = (
            f"{compare(theirs, in_turn(by_hand(requests[0]), requests), rounds, times=160)[2]:9.1f}" if by_hand else ""
        )
        short = "" if 1 / ratio >= TARGET else f"  (below {TARGET:.0f})"
        print(
            f"{scheme:18}{make.__name__:13}{name:25}{own:13.0f}{other:9.0f}{1 / ratio:13.1f}{least}{short}", flush=True
        )


if __name__ == "__main__":
    main()
