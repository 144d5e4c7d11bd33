"""The keys that an application gives: looked up, kept for a while, and refused where nobody can tell."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sealstamp import Claim, ClaimResult, ConfigurationError, Credential, NotFoundError, ReplayBy, Request
from sealstamp.guarding import Guard, Key
from sealstamp.guarding.memory import OwnMemory
from sealstamp.server.answers import Answered
from tests.guarding.keys import signed

PEER = ("127.0.0.1", 5000)


def decide(guard: Guard, request: Request) -> str:
    """The reason of a refusal, or who signed."""

    async def read(_limit: int) -> bytes:
        return request.body or b""

    try:
        principal, _ = asyncio.run(guard.admit(request, PEER, read))
    except Answered as done:
        return done.reason
    return principal.access_key_id


def stardust(access_key_id: str = "reader", secret: str = "s") -> Request:
    return signed(scheme="stardust", by=Credential.of(access_key_id, secret))


def test_a_key_is_looked_up_once_in_a_while() -> None:
    """One that was found is at hand; when it is no longer fresh it is looked up anew, and is then gone."""
    asked: list[str] = []
    keys = {"reader": "s"}

    def find(access_key_id: str) -> str | None:
        asked.append(access_key_id)
        return keys.get(access_key_id)

    guard = Guard("stardust", find, keys_fresh_ms=1_000_000)
    assert [decide(guard, stardust()) for _ in range(3)] == ["reader"] * 3
    assert asked == ["reader"]
    assert [decide(guard, stardust("nobody")) for _ in range(2)] == ["invalid_credentials"] * 2
    assert asked == ["reader", "nobody"]
    keys.clear()
    assert decide(guard, stardust()) == "reader"
    guard._fresh_until_ns = time.monotonic_ns() - 1
    assert decide(guard, stardust()) == "invalid_credentials"


def test_a_look_up_that_fails_refuses(caplog: pytest.LogCaptureFixture) -> None:
    """The application's own exception is in the log, and not in the answer."""

    def find(_access_key_id: str) -> Any:
        raise OSError("the database is down")

    with caplog.at_level(logging.INFO):
        assert decide(Guard("stardust", find), stardust()) == "store_unavailable"
    assert "the database is down" in caplog.text


def test_keys_that_can_verify_nothing_are_refused_when_the_guard_is_made() -> None:
    """While somebody is there to read it; a look-up's, when they come."""
    with pytest.raises(ConfigurationError, match="rate limit"):
        Guard("stardust", {"reader": Key("s", rate_limit="often")})
    with pytest.raises(ConfigurationError, match="network"):
        Guard("stardust", {"reader": Key("s", networks=("nowhere",))})
    with pytest.raises(ConfigurationError, match="mapping"):
        Guard("cdnetworks-api-shield", lambda _: "s")
    with pytest.raises(ConfigurationError, match="tried on each request"):
        Guard("cdnetworks-api-shield", {str(number): "s" for number in range(101)})
    with pytest.raises(ConfigurationError, match="no scheme"):
        Guard([], {})
    with pytest.raises(NotFoundError, match="sturdust"):
        Guard("sturdust", {})
    assert decide(Guard("stardust", lambda _: Key("s", rate_limit="often")), stardust()) == "store_unavailable"


def test_nonces_that_count_up_need_a_guard_that_outlives_the_process() -> None:
    """Else every restart would let old requests pass again."""
    with pytest.raises(ConfigurationError, match="count up"):
        Guard("kraken", {})
    Guard("kraken", {}, replay_by=ReplayBy.OFF)
    Guard("kraken", {}, replay=OwnMemory(0))


def decide_blocking(guard: Guard, request: Request) -> str:
    """What ``decide`` does, without an event loop."""
    try:
        principal, _ = guard.admit_blocking(request, PEER, lambda _limit: request.body or b"")
    except Answered as done:
        return done.reason
    return principal.access_key_id


def test_of_many_threads_with_one_nonce_one_is_accepted() -> None:
    """The guard's own memory is asked by all of them at once."""
    guard = Guard("bbx", {"reader": "s"})
    request = signed(scheme="bbx", by=Credential.of("reader", "s"))
    with ThreadPoolExecutor(16) as threads:
        ended = list(threads.map(lambda _: decide_blocking(guard, request), range(200)))
    assert sorted(set(ended)) == ["nonce_replayed", "reader"]
    assert ended.count("reader") == 1


@pytest.mark.parametrize("named", [b"", b"no id", b"\xff" * 10, b"x" * 5_000, b"nobody"])
def test_whatever_is_no_id_is_refused_in_any_thread(named: bytes) -> None:
    """Also where no event loop is at hand."""
    request = stardust()
    lines = [(name, named if name.lower() == b"x-stardust-key" else value) for name, value in request.headers]
    other = Request(request.method, request.target, lines, scheme=b"http", body=b"")
    for guard in (Guard("stardust", {"reader": "s"}), Guard("stardust", {}.get)):
        assert decide_blocking(guard, other) in ("invalid_credentials", "malformed_credentials", "missing_credentials")
        assert decide(guard, other) in ("invalid_credentials", "malformed_credentials", "missing_credentials")


def test_what_has_to_wait_is_done_in_another_thread() -> None:
    """Keys that are all tried, and a replay guard from elsewhere, whose answer is to be awaited."""
    tried = Guard("cdnetworks-api-shield", {"other": "t", "reader": "s"})
    request = signed(scheme="cdnetworks-api-shield", by=Credential.of("", "s"))
    assert [decide_blocking(tried, request) for _ in range(2)] == ["reader"] * 2

    class Shared:
        trusted_from_ms = 0

        async def claim(self, claim: Claim, _now_ms: int) -> ClaimResult:
            await asyncio.sleep(0)
            return ClaimResult.MADE if claim.stamped_ms else ClaimResult.SEEN

        def check(self) -> None: ...

    shared = Guard("bbx", {"reader": "s"}, replay=Shared())
    assert decide_blocking(shared, signed(scheme="bbx", by=Credential.of("reader", "s"))) == "reader"


def test_no_secret_is_shown() -> None:
    """Neither by a key nor by a guard."""
    key = Key("hush", scopes=("a",))
    assert "hush" not in repr(key)
    assert "hush" not in repr(Guard("stardust", {"reader": key}))


def test_wrong_signatures_from_one_address_are_slowed() -> None:
    """As at the service's own door; a proxy's address is not."""
    strict = Guard("stardust", {"reader": "s"}, trusted_addresses=())
    refused = [decide(strict, stardust(secret="wrong")) for _ in range(31)]
    assert set(refused[:30]) == {"invalid_credentials"}
    assert refused[30] == "too_many_failures"
    proxied = Guard("stardust", {"reader": "s"})
    assert {decide(proxied, stardust(secret="wrong")) for _ in range(31)} == {"invalid_credentials"}


def test_a_client_address_is_believed_of_a_proxy_alone() -> None:
    """A key for one network passes from there, as the proxy tells it."""
    keys = {"reader": Key("s", networks=("192.0.2.0/24",))}
    request = stardust()
    told = Request(request.method, request.target, [*request.headers, (b"x-real-ip", b"192.0.2.7")])
    assert decide(Guard("stardust", keys, client_address_header="X-Real-IP"), told) == "reader"
    assert decide(Guard("stardust", keys), told) == "address_not_allowed"
    stranger = Guard("stardust", keys, client_address_header="X-Real-IP", trusted_addresses=["10.0.0.0/8"])
    assert decide(stranger, told) == "address_not_allowed"
