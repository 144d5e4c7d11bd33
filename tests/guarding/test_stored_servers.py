"""Real servers, of both kinds, that guard themselves with one store, which others change meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sealstamp import Credential, Request
from tests.guarding.keys import AHEAD_MS, signed
from tests.guarding.serving import Server, outcome, running
from tests.guarding.storing import add_key, last_use_of, stored, usage_of
from tests.server.service import Answer, Service, until

WSGI = ["gunicorn", "--preload", "--workers", "2", "--threads", "2", "--bind", "127.0.0.1:{port}", "{app}"]
ASGI = ["granian", "--interface", "asgi", "--port", "{port}", "{app}"]
SERVERS = ["wsgi", "asgi"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return stored(tmp_path_factory.mktemp("stored"), usage_interval="100 ms", max_staleness="1 s")


@pytest.fixture(scope="module")
def both(service: Service) -> Iterator[dict[str, Server]]:
    """gunicorn with two workers, forked from a process that has opened the guard; and granian."""
    settings = {"SEALSTAMP_CONFIG": str(service.config)}
    with (
        running(WSGI, "tests.guarding.apps.stored:wsgi", **settings) as wsgi,
        running(ASGI, "tests.guarding.apps.stored:asgi", **settings) as asgi,
    ):
        yield {"wsgi": wsgi, "asgi": asgi}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, both: dict[str, Server]) -> Server:
    return both[request.param]


def used(server: Server, key: Credential, ahead_ms: int = AHEAD_MS) -> tuple[int, str]:
    return outcome(server.ask(signed(by=key, ahead_ms=ahead_ms)))


def until_it_ends(server: Server, key: Credential, *how: int | str, ahead_ms: int = AHEAD_MS) -> None:
    """Use the key until that ends in this way."""
    until(lambda: used(server, key, ahead_ms) == how, f"the use of a key to end with {how}")


def until_said(server: Server, words: str) -> None:
    until(lambda: words in server.said(), f"{words} in the log")


def test_a_key_of_the_store_is_accepted_and_what_it_did_is_kept(server: Server, service: Service) -> None:
    """Who signed comes to the application; uses and refusals come to the store, with the time and the place."""
    key = add_key(service)
    request = signed(method="POST", body=b"one", by=key)
    told = server.ask(request).json()
    assert (told["access_key_id"], told["consumer"]) == (key.access_key_id, "acme")
    assert outcome(server.ask(request)) == (401, "nonce_replayed")
    until(lambda: usage_of(service, key) == {"accepted": 1, "nonce_replayed": 1}, "usage in the store")
    last = last_use_of(service, key)
    assert last is not None
    assert (last.api, last.address) == ("shop", "127.0.0.1")


def test_a_key_that_somebody_disables_is_refused_everywhere(both: dict[str, Server], service: Service) -> None:
    """The command knows nothing of the servers; each of their processes notices by itself. A key may come back."""
    key = add_key(service)
    assert {used(server, key)[0] for server in both.values()} == {200}
    service.must("keys", "disable", key.access_key_id)
    for server in both.values():
        until_it_ends(server, key, 401, "inactive_access_key")
    service.must("keys", "enable", key.access_key_id)
    for server in both.values():
        until_it_ends(server, key, 200, "")


def test_a_rate_is_counted_over_all_processes(both: dict[str, Server], service: Service) -> None:
    """Whichever server they belong to; the refusal says when to come again."""
    key = add_key(service, rate_limit="4/hour")
    assert sorted(used(both[SERVERS[number % 2]], key)[0] for number in range(6)) == [200] * 4 + [429] * 2
    for server in both.values():
        answer = server.ask(signed(by=key))
        assert outcome(answer) == (429, "rate_limited")
        assert 1 <= int(answer.header("retry-after")) <= 7200


def answered_by_others(server: Server, request: Request, first: str) -> Answer:
    """Send until another process than the ``first`` has answered."""

    def ask() -> Answer | None:
        answer = server.ask(request)
        assert answer.status == 401, answer
        return answer if answer.header("x-process") != first else None

    return until(ask, "an answer of the other worker")


def test_what_one_process_accepted_no_other_does(both: dict[str, Server], service: Service) -> None:
    """Neither the server's other worker, nor another server."""
    key = add_key(service)
    for ahead_ms in (800, 2_000):  # in memory; and by way of the disk
        request = signed(by=key, ahead_ms=ahead_ms)
        accepted = both["wsgi"].ask(request)
        assert accepted.status == 200, accepted
        assert outcome(answered_by_others(both["wsgi"], request, accepted.header("x-process")))[1] == "nonce_replayed"
        assert outcome(both["asgi"].ask(request)) == (401, "nonce_replayed")


def test_no_secret_is_written(both: dict[str, Server], service: Service) -> None:
    """The lines of refusals have reason, key and request id; neither they nor anything else has a secret."""
    key = add_key(service, rate_limit="1/hour")
    for server in both.values():
        used(server, key)
        answer = server.ask(signed(by=key))
        forged = server.ask(signed(by=Credential.of(key.access_key_id, "another-secret")))
        until_said(server, answer.request_id)
        until_said(server, forged.request_id)
        assert '"reason":"rate_limited"' in server.said()
        assert key.secret.reveal().decode() not in server.said()
        assert "another-secret" not in server.said()
        assert "Traceback" not in server.said()


def test_without_the_store_everything_is_refused(server: Server, service: Service) -> None:
    """Also for keys that were met before, once the store was silent for too long; with it, it goes on."""
    key = add_key(service)
    until_it_ends(server, key, 200, "", ahead_ms=0)
    away = service.store.with_suffix(".away")
    service.store.rename(away)
    try:
        until_it_ends(server, key, 503, "store_unavailable", ahead_ms=0)
    finally:
        away.rename(service.store)
    until_it_ends(server, key, 200, "", ahead_ms=0)
