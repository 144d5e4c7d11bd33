"""One service for all libraries: an API for each scheme, an upstream that redirects, and another origin."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest

from sealstamp import Credential, get_scheme
from sealstamp.signing import OriginSigner
from tests.interop.gateway import Arrived, Guarded, Reply, Upstream, manifest_of, new_secret, running_upstream
from tests.server.service import Service, serving

SCHEMES = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx", "aws-sigv4-header", "rfc9421")
"""The four systems, and the two that cover the whole request."""
ONCE = dict.fromkeys(["bbx", "rfc9421"], '\nreplay = "signature"')
"""What guards against replay, where every signature has a nonce in it."""
MORE = ("lazada-form", "kraken")
"""One whose signature travels in the body, one whose nonces count up."""
SCRIPTED = (*SCHEMES[:4], "bybit-v5", "coinbase-exchange", "okx-v5")
"""What scripts of tools sign by: the four systems, and three that cover query, target and body."""
EXTRAS = {"passphrase": "of letters"}


def guarded(scheme: str) -> Guarded:
    secret = "c2VjcmV0IG9mIGtyYWtlbg==" if scheme == "kraken" else new_secret(32)
    extras = f"extras = {{ passphrase = {json.dumps(EXTRAS['passphrase'])} }}" if get_scheme(scheme).extras else ""
    return Guarded(scheme, f"{scheme}.test", f"key-of-{scheme}", secret, key_more=extras)


_FAILED: set[str] = set()


def reply(arrived: Arrived) -> Reply:
    """Redirect where the query says so, fail once where it says so, else say hello."""
    asked = parse_qs(urlsplit(arrived.target).query)
    if "once" in asked and asked["once"][0] not in _FAILED:
        _FAILED.add(asked["once"][0])
        return Reply(b"", {}, 503)
    if "to" in asked:
        return Reply(b"", {"Location": asked["to"][0]}, int(asked.get("status", ["302"])[0]))
    return Reply(b"hello")


@dataclass(frozen=True)
class Place:
    """Where calls go."""

    service: Service
    apis: dict[str, Guarded]
    upstream: Upstream
    elsewhere: Upstream
    """Another origin: the same address, another port."""

    @property
    def port(self) -> int:
        return self.service.port

    def url(self, scheme: str, target: str = "/") -> str:
        """The URL of an API. Each has a path of its own, so that all are of one origin."""
        return f"http://127.0.0.1:{self.port}/{scheme}{target}"

    def credential(self, scheme: str) -> Credential:
        api = self.apis[scheme]
        return Credential.of(api.access_key_id, api.secret)

    def signer(self, scheme: str, **more: object) -> OriginSigner:
        return OriginSigner(f"http://127.0.0.1:{self.port}", scheme, self.credential(scheme), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    apis = {scheme: guarded(scheme) for scheme in (*SCHEMES, *MORE, *SCRIPTED)}
    with running_upstream() as upstream, running_upstream() as elsewhere:
        upstream.reply = reply
        service = Service(tmp_path_factory.mktemp("signing"))
        manifest = manifest_of(apis.values(), upstream.url)
        for scheme in apis:
            manifest = manifest.replace(f'host = "{scheme}.test"', f'path_prefix = "/{scheme}"{ONCE.get(scheme, "")}')
        service.prepare(manifest)
        with serving(service):
            yield Place(service, apis, upstream, elsewhere)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment changes where calls go."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
