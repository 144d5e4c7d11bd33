"""One service for most tests, with an API for every circumstance, and the upstream behind it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealstamp.keys.acts.access_keys import revoke
from tests.server.service import Service, free_port, serving
from tests.server.signing import BBX, CDNETWORKS, STARDUST, SYSTEMS, Pair, System
from tests.server.upstream import Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "open"
path_prefix = "/open"
schemes = ["stardust"]
enforcement = "off"
upstream = "{upstream}"

[[apis]]
name = "observed"
path_prefix = "/observed"
schemes = ["stardust"]
enforcement = "observe"
upstream = "{upstream}"

[[apis]]
name = "plain"
path_prefix = "/plain"
schemes = ["stardust"]
response_profile = "problem"
upstream = "{upstream}"

[[apis]]
name = "both"
path_prefix = "/both"
schemes = ["stardust", "bbx"]
upstream = "{upstream}"

[[apis]]
name = "tuned"
path_prefix = "/tuned"
schemes = [{{ name = "cdnetworks-api-shield", signature_in = "query", signature_name = "sig", past = "60 s" }}]
upstream = "{upstream}"

[[apis]]
name = "renamed"
path_prefix = "/renamed"
schemes = [{{ name = "cdnetworks-api-shield", signature_name = "X-My-Auth", time_header = "X-My-Date" }}]
upstream = "{upstream}"

[[apis]]
name = "down"
path_prefix = "/down"
schemes = ["stardust"]
enforcement = "off"
upstream = "http://127.0.0.1:{nobody}"

[[apis]]
name = "asked"
path_prefix = "/asked"
schemes = ["stardust"]

[[apis]]
name = "digested"
path_prefix = "/digested"
schemes = ["azure-appconfig"]
upstream = "{upstream}"

[[apis]]
name = "digested-observed"
path_prefix = "/digested-observed"
schemes = ["azure-appconfig"]
enforcement = "observe"
upstream = "{upstream}"

[[apis]]
name = "chunked"
path_prefix = "/chunked"
schemes = ["aws-sigv4-chunk"]
upstream = "{upstream}"

[[apis]]
name = "chunked-loose"
path_prefix = "/chunked-loose"
schemes = [{{ name = "aws-sigv4-chunk", unsigned_body = "allowed" }}]
upstream = "{upstream}"

[[access_keys]]
id = "uploader"
secret = "bXkgc2VjcmV0"
consumer = "acme"
apis = ["digested", "digested-observed", "chunked", "chunked-loose"]

[[apis]]
name = "hosted"
host = "hosted.example"
schemes = ["stardust"]
enforcement = "off"
upstream = "{upstream}"
"""
API = """
[[apis]]
name = "{scheme}"
path_prefix = "/{scheme}"
schemes = ["{scheme}"]
upstream = "{upstream}"

[[apis]]
name = "once-{scheme}"
path_prefix = "/once/{scheme}"
schemes = ["{scheme}"]
replay = "signature"
upstream = "{upstream}"
"""
KEY = """
[[access_keys]]
id = "{pair.access_key_id}"
secret = "{pair.secret}"
consumer = "acme"
apis = ["{api}"]
"""
STATES = {
    "elsewhere": "",
    "disabled": 'status = "disabled"\n',
    "expired": "expires = 2020-01-01T00:00:00Z\n",
    "revoked": "",
}


@dataclass(frozen=True)
class Book:
    """The pairs that a system's keys have: ``right`` was issued, the others are declared."""

    right: Pair
    disabled: Pair
    expired: Pair
    revoked: Pair
    elsewhere: Pair
    """Active, but for another API."""


def declared(system: System, state: str) -> Pair:
    """A pair for a key in some state, the same in every run."""
    return Pair(f"{state}-{system.name}", f"secret-of-{state}-{system.name}")


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[tuple[Service, dict[str, Book]]]:
    folder = tmp_path_factory.mktemp("service")
    service = Service(
        folder,
        decision_listen=f"unix:{folder}/decide.sock",
        trusted_addresses="127.0.0.1/32",
        upstream_timeout="1500 ms",
        upstream_connect_timeout="1500 ms",
    )
    manifest = MANIFEST.format(upstream=upstream.url, nobody=free_port())
    manifest += "".join(API.format(scheme=system.name, upstream=upstream.url) for system in SYSTEMS)
    for system in SYSTEMS:
        for state, more in STATES.items():
            api = "open" if state == "elsewhere" else system.name
            manifest += KEY.format(pair=declared(system, state), api=api) + more
    service.apply(manifest)
    with service.opened_store() as store:
        for system in SYSTEMS:
            revoke(service.act(store), declared(system, "revoked").access_key_id)
    with ThreadPoolExecutor(4) as pool:
        books = dict(pool.map(lambda system: (system.name, _book(service, system)), SYSTEMS))
    with serving(service):
        yield service, books


def _book(service: Service, system: System) -> Book:
    """Issue what a provider would issue."""
    also = {STARDUST: ["both", "plain", "observed", "asked"], BBX: ["both"], CDNETWORKS: ["tuned", "renamed"]}
    apis = [f"once-{system.name}", *also.get(system, [])]
    right = service.issue(system.name, *(word for api in apis for word in ("--api", api)))
    return Book(right=right, **{state: declared(system, state) for state in STATES})


@pytest.fixture
def service(started: tuple[Service, dict[str, Book]]) -> Service:
    return started[0]


@pytest.fixture
def books(started: tuple[Service, dict[str, Book]]) -> dict[str, Book]:
    return started[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test's own service keeps its files."""
    return tmp_path / "service"
